#include "app/plugin_log.hpp"

#include <charconv>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "composable/abi/host.h"
#include "observe/log.hpp"

namespace composable::host {
namespace {

bool is_key(std::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!fine) return false;
  }
  return true;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Reads a message from its left: the message itself, then fields to the end, or no field at all.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : rest_(message) {}

  // The fields; none when what looks like fields does not go on to the end as such.
  std::vector<LogField> read(std::string_view& message) {
    message = rest_;
    const std::size_t equals = rest_.find('=');
    const std::size_t blank = rest_.substr(0, equals).rfind(' ');
    if (equals == rest_.npos || blank == rest_.npos || blank == 0) return {};
    rest_.remove_prefix(blank);
    std::vector<LogField> fields;
    while (!rest_.empty()) {
      const auto field = next();
      if (!field) return {};
      fields.push_back(*field);
    }
    message = message.substr(0, blank);
    return fields;
  }

 private:
  std::optional<LogField> next() {
    const std::size_t equals = rest_.find('=');
    if (rest_[0] != ' ' || equals == rest_.npos) return {};
    const std::string_view key = rest_.substr(1, equals - 1);
    rest_.remove_prefix(equals + 1);
    if (!is_key(key)) return {};
    if (!rest_.starts_with('"')) {
      const std::string_view bare = rest_.substr(0, rest_.find(' '));
      rest_.remove_prefix(bare.size());
      return LogField{key, typed(bare)};
    }
    const auto text = quoted();
    if (!text) return {};
    return LogField{key, *text};
  }

  // A number or a flag is one; anything else is text.
  static LogValue typed(std::string_view bare) {
    if (bare == "true" || bare == "false") return bare == "true";
    const char* const end = bare.data() + bare.size();
    const auto as = [&](auto number) -> std::optional<LogValue> {
      const auto [stopped, error] = std::from_chars(bare.data(), end, number);
      if (error != std::errc() || stopped != end) return {};
      return number;
    };
    const bool numeric = !bare.empty() && (bare[0] == '-' || (bare[0] >= '0' && bare[0] <= '9'));
    if (!numeric) return bare;
    if (const auto number = as(std::int64_t{})) return *number;
    if (const auto number = as(std::uint64_t{})) return *number;
    if (const auto number = as(double{})) return *number;
    return bare;
  }

  // The text up to the closing quote, without its escapes.
  std::optional<std::string_view> quoted() {
    std::string& text = texts_.emplace_back();
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] != '\\') {
        text += rest_[i];
        continue;
      }
      const std::string_view escape = rest_.substr(i + 1, 5);
      if (escape.starts_with('"') || escape.starts_with('\\')) {
        text += escape[0];
        i += 1;
        continue;
      }
      const bool unit = escape.size() == 5 && escape.starts_with("u00");
      if (!unit || hex(escape[3]) < 0 || hex(escape[4]) < 0) return {};
      text += static_cast<char>(hex(escape[3]) * 16 + hex(escape[4]));
      i += 5;
    }
    return {};
  }

  std::string_view rest_;
  std::deque<std::string> texts_;  // what fields point to
};

LogLevel level_of(std::uint32_t level) {
  switch (level) {
    case COMPOSABLE_LOG_DEBUG:
      return LogLevel::kDebug;
    case COMPOSABLE_LOG_INFO:
      return LogLevel::kInfo;
    case COMPOSABLE_LOG_WARNING:
      return LogLevel::kWarn;
    default:
      return LogLevel::kError;
  }
}

}  // namespace

void log_plugin_line(std::string_view domain, std::uint32_t level, std::string_view message) {
  if (!log_enabled(level_of(level), domain)) return;
  FieldReader reader(message);
  std::string_view text;
  std::vector<LogField> fields = reader.read(text);
  fields.insert(fields.begin(), LogField{"message", text});
  log_line(level_of(level), domain, "plugin", fields);
}

}  // namespace composable::host
