// LogLevels says which lines are written: one level for everything, and others for single modules,
// as written in COMPOSABLE_LOG: `info`, or `orders=debug,info`. A value; any thread.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "observe/log_line.hpp"

namespace composable::host {

class LogLevels {
 public:
  LogLevels() = default;
  explicit LogLevels(LogLevel rest) : rest_(rest) {}

  // Refuses unknown levels, empty entries, a module or the rest given twice, more than 64 modules.
  static absl::StatusOr<LogLevels> parse(std::string_view text);

  LogLevel of(std::string_view module) const;
  // The least level that any module wants.
  LogLevel lowest() const;

 private:
  LogLevel rest_ = LogLevel::kInfo;
  std::vector<std::pair<std::string, LogLevel>> modules_;
};

}  // namespace composable::host
