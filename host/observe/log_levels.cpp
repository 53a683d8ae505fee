#include "observe/log_levels.hpp"

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace composable::host {
namespace {

constexpr std::size_t kMaxModules = 64;

std::optional<LogLevel> level_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(LogLevel::kOff); ++i) {
    const auto level = static_cast<LogLevel>(i);
    if (log_level_name(level) == name) return level;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<LogLevels> LogLevels::parse(std::string_view text) {
  LogLevels levels;
  bool has_rest = false;
  const std::vector<std::string> entries = absl::StrSplit(std::string(text), ',');
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    const bool is_module = equals != std::string::npos;
    const std::string module = is_module ? entry.substr(0, equals) : std::string();
    const auto level = level_named(is_module ? entry.substr(equals + 1) : entry);
    if (!level || (is_module && module.empty())) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "expected trace, debug, info, warn, error or off, alone or as module=level, found \"%s\"",
          entry));
    }
    const auto named = [&](const auto& known) { return known.first == module; };
    if (is_module ? std::any_of(levels.modules_.begin(), levels.modules_.end(), named) : has_rest) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "expected one level for %s, found a second one", is_module ? module : "all modules"));
    }
    if (levels.modules_.size() == kMaxModules) {
      return absl::InvalidArgumentError(
          absl::StrFormat("expected at most %d modules, found more", kMaxModules));
    }
    if (is_module) {
      levels.modules_.emplace_back(module, *level);
    } else {
      levels.rest_ = *level;
      has_rest = true;
    }
  }
  return levels;
}

LogLevel LogLevels::of(std::string_view module) const {
  for (const auto& [name, level] : modules_) {
    if (name == module) return level;
  }
  return rest_;
}

LogLevel LogLevels::lowest() const {
  LogLevel lowest = rest_;
  for (const auto& [name, level] : modules_) lowest = std::min(lowest, level);
  return lowest;
}

}  // namespace composable::host
