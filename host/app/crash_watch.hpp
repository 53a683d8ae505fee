// From here on a crash is named, and remembered for the next start. Called once by `run`, on the
// main thread, when the data directory is there and no plugin is loaded yet.
#pragma once
#include "config/config.hpp"
#include "crash/crash_history.hpp"

namespace composable::host {

inline CrashRule crash_rule(const Config& config) {
  return {.limit = config.crashes.limit, .window_s = config.crashes.window_s};
}

// What keeps crashes from being remembered is a warning: the host serves without.
void watch_crashes(const Config& config);

}  // namespace composable::host
