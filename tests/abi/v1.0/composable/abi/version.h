/* The revision of this ABI that a plugin was built for.
 *
 * A plugin built for 1.x loads in every host that speaks 1.y with y >= x. docs/abi.md has the rules
 * by which that stays true. */
#pragma once

#define COMPOSABLE_ABI_MAJOR 1
#define COMPOSABLE_ABI_MINOR 0
