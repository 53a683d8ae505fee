#include "observe/log_line.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace composable::host {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr std::string_view kReplacement = "\ufffd";

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: not UTF-8 here
};

// Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
CodePoint decode(std::string_view in) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || in.size() < length) return {};
  char32_t value = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[length] || surrogate || value > 0x10ffff) return {};
  return {value, length};
}

// What a terminal or a viewer would act upon instead of showing.
bool is_active(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || c == 0x061c ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// `in` with JSON's escapes, at most `limit` bytes and then an ellipsis.
void append_escaped(std::string& out, std::string_view in, std::size_t limit) {
  const std::size_t start = out.size();
  while (!in.empty()) {
    const CodePoint point = decode(in);
    const std::size_t taken = point.bytes == 0 ? 1 : point.bytes;
    std::string_view piece = in.substr(0, taken);
    std::array<char, 8> escape{};
    if (point.bytes == 0) {
      piece = kReplacement;
    } else if (point.value == '"' || point.value == '\\') {
      escape = {'\\', static_cast<char>(point.value)};
      piece = {escape.data(), 2};
    } else if (point.value == '\n' || point.value == '\r' || point.value == '\t') {
      escape = {'\\', point.value == '\n' ? 'n' : point.value == '\r' ? 'r' : 't'};
      piece = {escape.data(), 2};
    } else if (is_active(point.value)) {
      absl::SNPrintF(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(point.value));
      piece = {escape.data(), 6};
    }
    if (out.size() - start + piece.size() > limit) {
      out += kEllipsis;
      return;
    }
    out += piece;
    in.remove_prefix(taken);
  }
}

void append_quoted(std::string& out, std::string_view in, std::size_t limit) {
  out += '"';
  append_escaped(out, in, limit);
  out += '"';
}

bool stands_bare(std::string_view text, std::size_t limit) {
  if (text.empty() || text.size() > limit) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

void append_word(std::string& out, std::string_view text, std::size_t limit) {
  if (stands_bare(text, limit)) {
    out += text;
  } else {
    append_quoted(out, text, limit);
  }
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_value(std::string& out, LogFormat format, const LogValue& value) {
  const bool json = format == LogFormat::kJson;
  struct Writer {
    std::string& out;
    bool json;
    void operator()(std::string_view text) const {
      json ? append_quoted(out, text, kMaxLogValue) : append_word(out, text, kMaxLogValue);
    }
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
  if (format == LogFormat::kJson) {
    out += ',';
    append_quoted(out, key, kMaxLogName);
    out += ':';
  } else {
    out += ' ';
    append_word(out, key, kMaxLogName);
    out += '=';
  }
  append_value(out, format, field.value);
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
  json ? append_quoted(line, domain, kMaxLogName) : append_word(line, domain, kMaxLogName);
  line += json ? ",\"event\":" : " ";
  json ? append_quoted(line, event, kMaxLogName) : append_word(line, event, kMaxLogName);

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
