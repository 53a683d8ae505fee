/* Its create refuses with a message and a path. */
#include <stdio.h>

#include "good_domain.h"

COMPOSABLE_NOTE("create_fails");

static composable_status failing_create(const composable_host* host, composable_str config,
                                        composable_state** out, composable_error* error) {
  (void)host, (void)config, (void)out;
  error->message_len = (uint32_t)snprintf(error->message, sizeof error->message,
                                          "expected an address, found nothing");
  error->path_len = (uint32_t)snprintf(error->path, sizeof error->path, "mail.from");
  return COMPOSABLE_E_INVALID;
}

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("create_fails");
  domain.create = failing_create;
  return &domain;
}
