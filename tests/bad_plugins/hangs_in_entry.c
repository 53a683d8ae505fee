/* Its entry never returns; a process that it has started and that keeps its files does not end
 * either. */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "good_domain.h"

COMPOSABLE_NOTE("hangs_in_entry");

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("hangs_in_entry");
  if (fork() < 0) return NULL;
  for (;;) pause();
  return &domain;
}
