#include "observe/log.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "observe/descriptor_sink.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {
namespace log_detail {
std::atomic<LogLevel> floor{LogLevel::kInfo};
}

namespace {

// Lines arrive finished and escaped; only the newline is missing.
class FinishedLine final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    out.append(message.payload.data(), message.payload.data() + message.payload.size());
    out.push_back('\n');
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<FinishedLine>(); }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

class Log {
 public:
  // Never destroyed: lines are still written while statics of other files go.
  static Log& get() {
    static Log* log = new Log;
    return *log;
  }

  void configure(LogLevels levels, LogFormat format) {
    const MutexLock lock(mutex_);
    log_detail::floor.store(levels.lowest(), std::memory_order_relaxed);
    levels_ = std::move(levels);
    format_ = format;
    standard_error_->set_format(format);
  }

  spdlog::sink_ptr exchange_sink(spdlog::sink_ptr sink) {
    sink->set_formatter(std::make_unique<FinishedLine>());
    auto logger = std::make_shared<spdlog::logger>("composable", sink);
    logger->set_level(spdlog::level::trace);
    const MutexLock lock(mutex_);
    logger_ = std::move(logger);
    return std::exchange(sink_, std::move(sink));
  }

  bool enabled(LogLevel level, std::string_view domain) {
    const MutexLock lock(mutex_);
    return level < LogLevel::kOff && level >= levels_.of(domain);
  }

  void write(LogLevel level, std::string_view domain, EventName event,
             std::span<const LogField> fields) {
    std::shared_ptr<spdlog::logger> logger;
    LogFormat format;
    {
      const MutexLock lock(mutex_);
      logger = logger_;
      format = format_;
    }
    const std::string line =
        format_log_line(format, SystemClock().unix_micros(), level, domain, event.text(), fields);
    logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  Log() { exchange_sink(standard_error_); }

  const std::shared_ptr<DescriptorSink> standard_error_ =
      std::make_shared<DescriptorSink>(STDERR_FILENO);
  Mutex mutex_;
  LogLevels levels_ ABSL_GUARDED_BY(mutex_);
  LogFormat format_ ABSL_GUARDED_BY(mutex_) = LogFormat::kText;
  spdlog::sink_ptr sink_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<spdlog::logger> logger_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void configure_log(LogLevels levels, LogFormat format) {
  Log::get().configure(std::move(levels), format);
}

std::shared_ptr<spdlog::sinks::sink> exchange_log_sink(std::shared_ptr<spdlog::sinks::sink> sink) {
  return Log::get().exchange_sink(std::move(sink));
}

bool log_enabled(LogLevel level, std::string_view domain) {
  return level >= log_detail::floor.load(std::memory_order_relaxed) &&
         Log::get().enabled(level, domain);
}

void log_line(LogLevel level, std::string_view domain, EventName event,
              std::initializer_list<LogField> fields) {
  log_line(level, domain, event, std::span(fields.begin(), fields.size()));
}

void log_line(LogLevel level, std::string_view domain, EventName event,
              std::span<const LogField> fields) {
  if (log_enabled(level, domain)) Log::get().write(level, domain, event, fields);
}

}  // namespace composable::host
