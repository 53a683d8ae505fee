#include "dev/build_progress.hpp"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

// `[3/12] Building …` of Ninja, `[ 25%] Building …` of Make.
bool is_step(std::string_view line) {
  const std::size_t end = line.find(']');
  return line.starts_with('[') && end != line.npos &&
         line.substr(1, end - 1).find_first_not_of(" 0123456789/%") == line.npos;
}

}  // namespace

void BuildProgress::output(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    const std::string_view part = text.substr(0, end);
    const std::size_t room = kLongestStep - std::min(kLongestStep, unfinished_.size());
    unfinished_ += part.substr(0, room);
    if (end == text.npos) return;
    if (is_step(unfinished_)) step_ = unfinished_;
    unfinished_.clear();
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> BuildProgress::line_at(std::chrono::milliseconds elapsed) {
  if (elapsed < next_) return std::nullopt;
  next_ = elapsed + kInterval;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  return step_.empty() ? absl::StrFormat("%d s so far", seconds)
                       : absl::StrFormat("%d s so far, %s", seconds, step_);
}

}  // namespace composable::host
