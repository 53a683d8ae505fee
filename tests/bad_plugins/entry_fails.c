/* Its entry returns no table, and says why. */
#include <stdio.h>

#include "good_domain.h"

COMPOSABLE_NOTE("entry_fails");

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host;
  error->message_len = (uint32_t)snprintf(error->message, sizeof error->message,
                                          "needs a host with composable.mail/1");
  return NULL;
}
