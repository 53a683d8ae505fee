// install_crash_handler makes a crash report its cause: one line in the log, and one in the crash
// file when a plugin is to blame. The process then ends by its signal, with a core where one is
// configured. `run` calls it once, before any plugin is loaded. Under a sanitizer the sanitizer's
// report follows.
#pragma once
#include "observe/log_line.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

// `crash_file` may be empty: nothing is remembered then.
void install_crash_handler(LogFormat format, UniqueFd crash_file);

}  // namespace composable::host
