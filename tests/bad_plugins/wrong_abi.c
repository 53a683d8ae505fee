/* Its note says that it was built for major 9. Its entry must never be called. */
#include "good_domain.h"

#undef COMPOSABLE_ABI_MAJOR
#define COMPOSABLE_ABI_MAJOR 9
COMPOSABLE_NOTE("wrong_abi");

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  abort();
}
