/* Writes to no memory when its state is destroyed. */
#include "good_domain.h"

COMPOSABLE_NOTE("crashes_in_destroy");

static int* volatile nowhere = (int*)16;

static void crashing_destroy(composable_state* state) {
  free(state);
  *nowhere = 1;
}

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("crashes_in_destroy");
  domain.destroy = crashing_destroy;
  return &domain;
}
