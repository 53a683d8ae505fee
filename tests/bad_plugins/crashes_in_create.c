/* Says something, then writes to no memory in its create. */
#include <stdio.h>

#include "good_domain.h"

COMPOSABLE_NOTE("crashes_in_create");

static int* volatile nowhere = (int*)16;

static composable_status crashing_create(const composable_host* host, composable_str config,
                                         composable_state** out, composable_error* error) {
  (void)host, (void)config, (void)out, (void)error;
  fputs("the \"library\" is away\n", stderr);
  *nowhere = 1;
  return COMPOSABLE_OK;
}

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("crashes_in_create");
  domain.create = crashing_create;
  return &domain;
}
