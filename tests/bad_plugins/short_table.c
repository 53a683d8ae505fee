/* Its table ends before create: built against headers older than any release. */
#include "good_domain.h"

COMPOSABLE_NOTE("short_table");

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("short_table");
  domain.struct_size = offsetof(composable_domain, create);
  return &domain;
}
