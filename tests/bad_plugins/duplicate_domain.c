/* Well made, but called counter as the example is: of the two, a host takes the first. */
#include "good_domain.h"

COMPOSABLE_NOTE("counter");

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("counter");
  return &domain;
}
