/* Ends the process from its create. */
#include "good_domain.h"

COMPOSABLE_NOTE("exits_in_create");

static composable_status exiting_create(const composable_host* host, composable_str config,
                                        composable_state** out, composable_error* error) {
  (void)host, (void)config, (void)out, (void)error;
  exit(3);
}

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("exits_in_create");
  domain.create = exiting_create;
  return &domain;
}
