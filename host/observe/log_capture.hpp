// A LogCapture collects the log's lines while it lives, for tests: at all levels, and nothing
// reaches standard error. One at a time; lines may come from any thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "observe/log.hpp"

namespace composable::host {

class LogCapture {
 public:
  explicit LogCapture(LogLevels levels = LogLevels(LogLevel::kTrace),
                      LogFormat format = LogFormat::kText);
  ~LogCapture();  // back to where the lines went, and to text and info
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::vector<std::string> lines() const;  // without newlines
  bool contains(std::string_view text) const;

 private:
  class Sink;
  std::shared_ptr<Sink> sink_;
  std::shared_ptr<spdlog::sinks::sink> before_;
};

}  // namespace composable::host
