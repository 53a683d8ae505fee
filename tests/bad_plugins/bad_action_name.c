/* Its command is called "not a name". */
#include "good_domain.h"

COMPOSABLE_NOTE("bad_action_name");

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("bad_action_name");
  const composable_str name = COMPOSABLE_STR("not a name");
  good_type.name = name;
  return &domain;
}
