// A BuildProgress makes the progress lines of a long build: for how long it has run, and the step
// that its tools named last. Pure; one thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace composable::host {

class BuildProgress {
 public:
  // Between two lines, and before the first one.
  static constexpr std::chrono::milliseconds kInterval{2000};
  static constexpr std::size_t kLongestStep = 120;  // bytes

  // Takes output of the tools, cut anywhere.
  void output(std::string_view text);
  // Nothing until the next line is due.
  std::optional<std::string> line_at(std::chrono::milliseconds elapsed);

 private:
  std::string unfinished_;  // the beginning of a line
  std::string step_;        // the last line of the form [3/12] or [ 25%]
  std::chrono::milliseconds next_ = kInterval;
};

}  // namespace composable::host
