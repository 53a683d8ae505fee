// run_dev_host is the process in which `composable dev` serves: like `composable run`, with a line
// for each generation, and with a parent that takes the signals of the terminal. Main thread.
#pragma once
#include "config/load.hpp"

namespace composable::host {

// The exit code of a host that could not begin to serve.
inline constexpr int kDevHostNotStarted = 3;

// Serves until SIGTERM. Returns 0, 1 when work was cut short at the end, or kDevHostNotStarted.
int run_dev_host(const LoadedConfig& config);

}  // namespace composable::host
