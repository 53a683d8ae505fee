#include "observe/log_capture.hpp"

#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace composable::host {

class LogCapture::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}

 private:
  std::vector<std::string> lines_;
};

LogCapture::LogCapture(LogLevels levels, LogFormat format)
    : sink_(std::make_shared<Sink>()), before_(exchange_log_sink(sink_)) {
  configure_log(std::move(levels), format);
}

LogCapture::~LogCapture() {
  exchange_log_sink(before_);
  configure_log(LogLevels(), LogFormat::kText);
}

std::vector<std::string> LogCapture::lines() const { return sink_->lines(); }

bool LogCapture::contains(std::string_view text) const {
  const auto all = lines();
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace composable::host
