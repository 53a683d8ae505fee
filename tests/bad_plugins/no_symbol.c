/* Exports nothing: what a plugin without its entry looks like. */
#include "composable/abi/composable.h"

COMPOSABLE_NOTE("no_symbol");

int composable_nothing_to_see(void);
int composable_nothing_to_see(void) { return 0; }
