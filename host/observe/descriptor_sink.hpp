// A DescriptorSink writes finished log lines to a file descriptor (standard error), at once,
// without ever blocking for long. log.cpp makes it; any thread.
//
// It is synchronous on purpose: the line before a crash is the one that matters, and a queue would
// lose it; at the default level no line is written per request. A reader that has stopped is
// handled without a queue: a line is written only when poll() says that the descriptor takes one
// (a line fits PIPE_BUF, so the write cannot block). A reader that was keeping up is given
// kPatienceMs once. While it stays stuck, lines are dropped at once and counted, and the count is
// the first thing written when it reads again.
#pragma once
#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <mutex>
#include <string_view>

#include "observe/log_line.hpp"

namespace composable::host {

class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static constexpr int kPatienceMs = 100;

  // `descriptor` stays the caller's.
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

  // How the line about dropped ones is written.
  void set_format(LogFormat format);

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  bool accepts_a_line();
  bool write_line(std::string_view line);

  const int descriptor_;
  LogFormat format_ = LogFormat::kText;
  bool stuck_ = false;
  std::uint64_t dropped_ = 0;
};

}  // namespace composable::host
