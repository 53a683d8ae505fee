/* Has no ELF note: some shared object, or a plugin whose author forgot COMPOSABLE_NOTE. Its entry
 * must never be called. */
#include "good_domain.h"

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  abort();
}
