#include "observe/descriptor_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/clock.hpp"

namespace composable::host {

void DescriptorSink::set_format(LogFormat format) {
  const std::lock_guard lock(mutex_);
  format_ = format;
}

bool DescriptorSink::accepts_a_line() {
  pollfd wanted{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  const int ready = ::poll(&wanted, 1, stuck_ ? 0 : kPatienceMs);
  return ready == 1 && (wanted.revents & POLLOUT) != 0;
}

bool DescriptorSink::write_line(std::string_view line) {
  if (!accepts_a_line()) return false;
  while (!line.empty()) {
    const ssize_t written = ::write(descriptor_, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void DescriptorSink::sink_it_(const spdlog::details::log_msg& message) {
  if (dropped_ > 0) {
    const std::array<LogField, 1> count = {LogField{"lines", dropped_}};
    const std::string notice = format_log_line(format_, SystemClock().unix_micros(),
                                               LogLevel::kWarn, "log", "dropped", count);
    if (write_line(notice + '\n')) dropped_ = 0;
  }
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  stuck_ = dropped_ > 0 || !write_line({line.data(), line.size()});
  if (stuck_) ++dropped_;
}

}  // namespace composable::host
