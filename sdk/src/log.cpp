// A line is `message key=value key="quoted text"…`: the one form that the ABI has for it is text,
// and the host makes fields of what stands behind the message.
#include "composable/log.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstring>

namespace composable::log {
namespace {

// Of this plugin: set at load, read by its jobs and routes.
std::atomic<const composable_host*> destination{nullptr};

constexpr std::size_t kMaxText = 1000;  // bytes of one value
constexpr std::string_view kTruncated = " truncated=true";

// The line, in a piece of memory of its own. What does not fit is not there.
class Line {
 public:
  void put(std::string_view text) {
    if (text.size() > text_.size() - used_) {
      full_ = true;
      return;
    }
    std::memcpy(text_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }
  void put(char c) { put(std::string_view(&c, 1)); }

  void field(const Field& field) {
    const std::size_t begin = used_;
    put(' ');
    put(field.key.text());
    put('=');
    std::visit([this](const auto& value) { this->value(value); }, field.value.any());
    if (full_ || used_ > text_.size() - kTruncated.size()) {
      used_ = begin;
      full_ = true;
    }
  }
  bool full() const { return full_; }
  void say_truncated() {
    full_ = false;
    put(kTruncated);
  }
  composable_str text() const { return {text_.data(), used_}; }

 private:
  void value(bool flag) { put(flag ? "true" : "false"); }
  void value(std::int64_t number) { digits(number); }
  void value(std::uint64_t number) { digits(number); }
  void value(double number) {
    if (std::isfinite(number)) return digits(number);
    quoted(std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
  }
  // Bare where nothing could take it for anything else: a number, a flag, two fields.
  void value(std::string_view text) {
    bool bare = !text.empty() && text.size() <= kMaxText && text != "true" && text != "false" &&
                (text[0] < '0' || text[0] > '9') && text[0] != '-';
    for (const char c : text) {
      bare = bare && c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '=';
    }
    if (bare) return put(text);
    quoted(text);
  }
  void quoted(std::string_view text) {
    std::size_t end = text.size();
    if (end > kMaxText) {
      end = kMaxText;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    }
    put('"');
    for (const char c : text.substr(0, end)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        put('\\');
        put(c);
      } else if (byte < 0x20 || byte == 0x7f) {
        constexpr std::string_view kHex = "0123456789abcdef";
        put("\\u00");
        put(kHex[byte >> 4]);
        put(kHex[byte & 15]);
      } else {
        put(c);
      }
    }
    if (end < text.size()) put("…");
    put('"');
  }
  template <class Number>
  void digits(Number number) {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    put(std::string_view(text.data(), static_cast<std::size_t>(end - text.data())));
  }

  std::array<char, 4096> text_;
  std::size_t used_ = 0;
  bool full_ = false;
};

void write(std::uint32_t level, Message message, Fields fields) {
  const composable_host* const host = destination.load(std::memory_order_acquire);
  if (host == nullptr) return;
  Line line;
  line.put(message.text());
  for (const Field& field : fields) {
    line.field(field);
    if (line.full()) {
      line.say_truncated();
      break;
    }
  }
  host->log(host, level, line.text());
}

}  // namespace

void debug(Message message, Fields fields) { write(COMPOSABLE_LOG_DEBUG, message, fields); }
void info(Message message, Fields fields) { write(COMPOSABLE_LOG_INFO, message, fields); }
void warn(Message message, Fields fields) { write(COMPOSABLE_LOG_WARNING, message, fields); }
void error(Message message, Fields fields) { write(COMPOSABLE_LOG_ERROR, message, fields); }

const composable_host* exchange_host(const composable_host* host) noexcept {
  return destination.exchange(host, std::memory_order_acq_rel);
}

}  // namespace composable::log
