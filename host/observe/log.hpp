// The host's log: structured lines to standard error. Every part writes it, on any thread;
// reducers do not.
//
//     log_info("orders", "replayed", {{"events", n}, {"ms", t}});
//
// A line about a request carries its `correlation_id` as a field. No secret may be passed.
#pragma once
#include <atomic>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "observe/log_levels.hpp"
#include "observe/log_line.hpp"

namespace spdlog::sinks {
class sink;
}

namespace composable::host {

// Until it is called: text, info.
void configure_log(LogLevels levels, LogFormat format);

// Sets where lines go, and returns where they went before. The sink gets finished lines and adds
// nothing. Standard error at start.
std::shared_ptr<spdlog::sinks::sink> exchange_log_sink(std::shared_ptr<spdlog::sinks::sink> sink);

// Whether such a line would be written; ask before computing costly fields.
bool log_enabled(LogLevel level, std::string_view domain);

void log_line(LogLevel level, std::string_view domain, EventName event,
              std::initializer_list<LogField> fields = {});
void log_line(LogLevel level, std::string_view domain, EventName event,
              std::span<const LogField> fields);

namespace log_detail {
// The lowest level that any module wants: a call below it costs one load.
extern std::atomic<LogLevel> floor;

using Fields = std::initializer_list<LogField>;

inline void line(LogLevel level, std::string_view domain, EventName event, Fields fields) {
  if (level >= floor.load(std::memory_order_relaxed)) log_line(level, domain, event, fields);
}
}  // namespace log_detail

inline void log_trace(std::string_view domain, EventName event, log_detail::Fields fields = {}) {
  log_detail::line(LogLevel::kTrace, domain, event, fields);
}
inline void log_debug(std::string_view domain, EventName event, log_detail::Fields fields = {}) {
  log_detail::line(LogLevel::kDebug, domain, event, fields);
}
inline void log_info(std::string_view domain, EventName event, log_detail::Fields fields = {}) {
  log_detail::line(LogLevel::kInfo, domain, event, fields);
}
inline void log_warn(std::string_view domain, EventName event, log_detail::Fields fields = {}) {
  log_detail::line(LogLevel::kWarn, domain, event, fields);
}
inline void log_error(std::string_view domain, EventName event, log_detail::Fields fields = {}) {
  log_detail::line(LogLevel::kError, domain, event, fields);
}

}  // namespace composable::host
