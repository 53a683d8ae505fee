// Says of a crash whose it was, then lets it happen: one line in the log, one in the crash file
// when a plugin is to blame, and the process ends by its signal, with a core where one is wanted.
// Installed once by `run`, before any plugin is loaded. Under a sanitizer its report follows.
#pragma once
#include "observe/log_line.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

// `crash_file` may be empty: nothing is remembered then.
void install_crash_handler(LogFormat format, UniqueFd crash_file);

}  // namespace composable::host
