/* The revision of this ABI that a plugin was built for.
 *
 * While the major number is 0 nothing is promised and both numbers must be equal. From 1.0 on, a
 * plugin built for 1.x loads in every host that speaks 1.y with y >= x. */
#pragma once

#define COMPOSABLE_ABI_MAJOR 0
#define COMPOSABLE_ABI_MINOR 1
