/* Writes to no memory before its entry is called. */
#include "good_domain.h"

COMPOSABLE_NOTE("crashes_in_constructor");

static int* volatile nowhere = (int*)16;

__attribute__((constructor)) static void crash(void) { *nowhere = 1; }

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("crashes_in_constructor");
  return &domain;
}
