#include "observe/log_line.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "absl/time/time.h"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

bool stands_bare(std::string_view text, std::size_t limit) {
  if (text.empty() || text.size() > limit) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

// JSON always quotes; text does where a search by words would misread.
void append_text(std::string& out, bool json, std::string_view text, std::size_t limit) {
  if (!json && stands_bare(text, limit)) {
    out += text;
  } else {
    out += in_quotes(text, limit);
  }
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_value(std::string& out, bool json, const LogValue& value) {
  struct Writer {
    std::string& out;
    bool json;
    void operator()(std::string_view text) const { append_text(out, json, text, kMaxLogValue); }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
    void operator()(std::int64_t number) const { append_number(out, number); }
    void operator()(std::uint64_t number) const { append_number(out, number); }
    void operator()(double number) const {
      if (std::isfinite(number)) return append_number(out, number);
      (*this)(std::string_view(std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf"));
    }
  };
  std::visit(Writer{out, json}, value.any());
}

// JSON has one member of a name; the line's own four are taken.
bool is_taken(std::string_view key) {
  return key == "time" || key == "level" || key == "domain" || key == "event";
}

std::string format_field(LogFormat format, const LogField& field) {
  std::string out;
  const std::string renamed = is_taken(field.key) ? std::string(field.key) + '_' : std::string();
  const std::string_view key = renamed.empty() ? field.key : renamed;
  const bool json = format == LogFormat::kJson;
  out += json ? ',' : ' ';
  append_text(out, json, key, kMaxLogName);
  out += json ? ':' : '=';
  append_value(out, json, field.value);
  return out;
}

std::string format_time(std::int64_t unix_micros) {
  return absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%E3SZ", absl::FromUnixMicros(unix_micros),
                          absl::UTCTimeZone());
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  constexpr std::array<std::string_view, 6> kNames = {"trace", "debug", "info",
                                                      "warn",  "error", "off"};
  return kNames[static_cast<std::size_t>(level)];
}

std::string format_log_line(LogFormat format, std::int64_t unix_micros, LogLevel level,
                            std::string_view domain, std::string_view event,
                            std::span<const LogField> fields) {
  const bool json = format == LogFormat::kJson;
  std::string line = json ? "{\"time\":\"" : "";
  line += format_time(unix_micros);
  line += json ? "\",\"level\":\"" : " ";
  line += log_level_name(level);
  line += json ? "\",\"domain\":" : " ";
  append_text(line, json, domain, kMaxLogName);
  line += json ? ",\"event\":" : " ";
  append_text(line, json, event, kMaxLogName);

  const std::string truncated = format_field(format, {"truncated", true});
  const std::size_t room = kMaxLogLine - truncated.size() - 2;  // the brace and the newline
  for (const LogField& field : fields) {
    const std::string text = format_field(format, field);
    if (line.size() + text.size() > room) {
      line += truncated;
      break;
    }
    line += text;
  }
  if (json) line += '}';
  return line;
}

}  // namespace composable::host
