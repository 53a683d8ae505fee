/* Calls a function that nobody defines. Bound lazily it would load, and end the process at the
 * first call. */
#include "good_domain.h"

COMPOSABLE_NOTE("unresolved_symbol");

void composable_test_function_that_nobody_defines(void);

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  composable_test_function_that_nobody_defines();
  GOOD_DOMAIN("unresolved_symbol");
  return &domain;
}
