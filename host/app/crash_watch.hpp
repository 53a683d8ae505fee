// watch_crashes makes a crash name the plugin that caused it, and records it for the next start.
// `run` calls it once, on the main thread, when the data directory exists and before any plugin is
// loaded.
#pragma once
#include "config/config.hpp"
#include "crash/crash_history.hpp"

namespace composable::host {

inline CrashRule crash_rule(const Config& config) {
  return {.limit = config.crashes.limit, .window_s = config.crashes.window_s};
}

// When crashes cannot be recorded, that is a warning: the host serves all the same.
void watch_crashes(const Config& config);

}  // namespace composable::host
