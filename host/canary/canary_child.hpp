// run_canary_child is the child's side of a trial: all that a process does that a host has started
// as `composable canary`. See canary.hpp. Main thread of that process.
#pragma once

namespace composable::host {

// Tries the candidate that the host sends over the channel. The exit code: 0 when it gave a
// verdict, 2 when no host has started it.
int run_canary_child();

}  // namespace composable::host
