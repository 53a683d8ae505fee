// The canary's side of a trial: the whole work of a process that a host has started as `composable
// canary`, see canary.hpp. Main thread of that process.
#pragma once

namespace composable::host {

// Tries what it is told over the channel. The exit code: 0 when it gave a verdict, 2 when no host
// has started it.
int run_canary_child();

}  // namespace composable::host
