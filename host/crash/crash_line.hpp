// crash_line formats the log's line about a crash. The crash handler calls it inside the signal.
// Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "crash/crash_history.hpp"
#include "observe/log_line.hpp"
#include "plugin/code_ranges.hpp"
#include "runtime/fixed_text.hpp"

namespace composable::host {

struct CrashReport {
  Crash crash;
  std::string_view counts;                     // what `crash.subject` is: action, route or job
  std::optional<std::uintptr_t> address;       // of the fault
  std::optional<std::int64_t> sent_by;         // the process that sent the signal
  std::optional<code_ranges::Owner> unloaded;  // whose code was called that is gone
};

// With its newline. Safe inside a signal; a name is cut and cleaned where it could break the line,
// and no payload is shown.
FixedText crash_line(LogFormat format, const CrashReport& report);

}  // namespace composable::host
