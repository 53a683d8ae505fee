// format_log_line formats one structured log line: `time level domain event key=value…`, or the
// same as one JSON object. log.cpp and tests call it. Pure; any thread.
//
// Whatever a value holds, a line stays one line, stays valid UTF-8 and stays under kMaxLogLine
// bytes: control characters, line separators and direction overrides are escaped, bytes that are
// not UTF-8 are replaced, long values are cut with an ellipsis.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace composable::host {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : std::uint8_t { kText, kJson };

// trace, debug, info, warn, error, off.
std::string_view log_level_name(LogLevel level);

// PIPE_BUF: a pipe takes a line of this size whole or not at all, so lines of several processes
// never mix, and a pipe that polls as writable takes it without blocking.
inline constexpr std::size_t kMaxLogLine = 4096;
// Of one value, after escaping.
inline constexpr std::size_t kMaxLogValue = 1024;
// Of one key, domain or event name, after escaping.
inline constexpr std::size_t kMaxLogName = 64;

// The name of what happened; a constant, so that lines can be searched and counted by it. Text that
// is only known at run time belongs into a field.
class EventName {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): log_info("orders", "replayed") is the point
  consteval EventName(const char* name) : name_(name) {
    for (char c : name_) {
      const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
      if (!word) throw "an event name is made of a-z, 0-9, '_' and '.'";
    }
  }
  constexpr std::string_view text() const { return name_; }

 private:
  std::string_view name_;
};

// A value to be logged. Strings are views, valid until the call returns.
class LogValue {
 public:
  using Any = std::variant<std::string_view, bool, std::int64_t, std::uint64_t, double>;

  LogValue(std::string_view text) : value_(text) {}
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  LogValue(std::same_as<bool> auto flag) : value_(flag) {}
  LogValue(std::signed_integral auto number) : value_(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogValue(T number)
      : value_(static_cast<std::uint64_t>(number)) {}
  LogValue(std::floating_point auto number) : value_(static_cast<double>(number)) {}

  const Any& any() const { return value_; }

 private:
  Any value_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

// The line without its newline. Fields that no longer fit are left out, and `truncated` says so.
// `unix_micros` is printed as RFC 3339 in UTC with milliseconds.
std::string format_log_line(LogFormat format, std::int64_t unix_micros, LogLevel level,
                            std::string_view domain, std::string_view event,
                            std::span<const LogField> fields);

}  // namespace composable::host
