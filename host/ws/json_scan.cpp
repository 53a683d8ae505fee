#include "ws/json_scan.hpp"

#include <cstdint>

#include "absl/strings/str_format.h"
#include "ws/utf8.hpp"

namespace composable::host {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// One pass, no recursion: what is open is a stack of bits, one per level, set for objects.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  std::optional<JsonFault> run() {
    bool good = value();
    while (good && depth_ > 0) good = after_value();
    if (good) {
      skip_space();
      good = at_ == text_.size() || expect("nothing after the value");
    }
    if (good) return std::nullopt;
    return fault_;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  // Records the fault at the cursor; false, for the caller to return.
  bool expect(std::string_view what) {
    fault_ = {at_, what};
    return false;
  }
  bool in_object() const { return (open_ >> (depth_ - 1) & 1) != 0; }

  // A value up to its end, or up to where its first inner value is done.
  bool value() {
    for (;;) {
      skip_space();
      switch (peek()) {
        case '"':
          return string();
        case 't':
          return literal("true");
        case 'f':
          return literal("false");
        case 'n':
          return literal("null");
        case '{':
          if (!open(true)) return false;
          skip_space();
          if (take('}')) return close();
          if (!member_name()) return false;
          break;
        case '[':
          if (!open(false)) return false;
          skip_space();
          if (take(']')) return close();
          break;
        default:
          return number();
      }
    }
  }

  // Inside an object or array, behind one of its values.
  bool after_value() {
    skip_space();
    if (in_object()) {
      if (take('}')) return close();
      if (!take(',')) return expect("',' or '}'");
      skip_space();
      return member_name() && value();
    }
    if (take(']')) return close();
    if (!take(',')) return expect("',' or ']'");
    return value();
  }

  bool open(bool object) {
    if (depth_ == kMaxJsonDepth) return expect("at most 64 levels");
    ++at_;
    const std::uint64_t bit = std::uint64_t{1} << depth_++;
    open_ = object ? open_ | bit : open_ & ~bit;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  bool member_name() {
    if (peek() != '"') return expect("a name in quotes");
    if (!string()) return false;
    skip_space();
    return take(':') || expect("':' after a name");
  }

  bool literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return expect("a value");
    at_ += word.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return expect("a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    if (peek() != '-' && !is_digit(peek())) return expect("a value");
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool string() {
    ++at_;
    Utf8Check utf8;
    for (;;) {
      const std::size_t from = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<std::uint8_t>(text_[at_]) >= 0x20) {
        ++at_;
      }
      if (!utf8.feed(text_.substr(from, at_ - from)) || !utf8.whole()) {
        at_ = from;
        return expect("a string in UTF-8");
      }
      if (take('"')) return true;
      if (at_ == text_.size()) return expect("'\"' at the end of a string");
      if (text_[at_] != '\\') return expect("no control character in a string");
      if (!escape()) return false;
    }
  }

  bool escape() {
    const std::size_t from = at_++;
    if (std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos &&
        at_ < text_.size()) {
      ++at_;
      return true;
    }
    std::uint32_t unit = 0;
    bool good = code_unit(unit) && !is_low_surrogate(unit);
    if (good && is_high_surrogate(unit))
      good = take('\\') && code_unit(unit) && is_low_surrogate(unit);
    if (good) return true;
    at_ = from;
    return expect("an escape that means a character");
  }

  // At the 'u' of an escape.
  bool code_unit(std::uint32_t& unit) {
    if (!take('u')) return false;
    unit = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(peek());
      if (digit < 0) return false;
      unit = unit << 4 | static_cast<std::uint32_t>(digit);
      ++at_;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::uint64_t open_ = 0;
  JsonFault fault_;
};

// Walks the parts of a checked object or array.
class Slicer {
 public:
  explicit Slicer(std::string_view text) : text_(text) { skip_filling(); }

  bool done() const { return at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']'; }
  std::string_view value() {
    const std::size_t from = at_;
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (depth > 0 || (at_ < text_.size() && in_scalar(from)));
    const std::string_view slice = text_.substr(from, at_ - from);
    skip_filling();
    return slice;
  }

 private:
  // Whether the cursor is still inside a number or a literal that began at `from`.
  bool in_scalar(std::size_t from) const {
    const char first = text_[from];
    if (first == '{' || first == '[' || first == '"') return false;
    const char c = text_[at_];
    return !is_space(c) && c != ',' && c != '}' && c != ']';
  }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  // Over white space and the one mark between two parts; at the start over the opening bracket.
  void skip_filling() {
    if (at_ == 0) ++at_;
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ',' || text_[at_] == ':')) {
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_utf8(std::string& out, std::uint32_t point) {
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | (point >> shift & 0x3F)));
  };
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | point >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::uint32_t four_hex(std::string_view text) {
  std::uint32_t unit = 0;
  for (const char c : text.substr(0, 4))
    unit = unit << 4 | static_cast<std::uint32_t>(hex_digit(c));
  return unit;
}

}  // namespace

std::optional<JsonFault> check_json(std::string_view text) { return Checker(text).run(); }

std::string found_at(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "found the end";
  const auto c = static_cast<std::uint8_t>(text[offset]);
  if (c >= 0x20 && c < 0x7F) return absl::StrFormat("found '%c'", c);
  return absl::StrFormat("found byte 0x%02X", c);
}

JsonKind json_kind(std::string_view value) {
  switch (value.front()) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBool;
    case 'n':
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

std::string_view trim_json(std::string_view value) {
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  return value;
}

std::vector<JsonMember> json_members(std::string_view object) {
  std::vector<JsonMember> members;
  for (Slicer slicer(object); !slicer.done();) {
    std::string name = decode_json_string(slicer.value());
    members.push_back({std::move(name), slicer.value()});
  }
  return members;
}

std::vector<std::string_view> json_elements(std::string_view array) {
  std::vector<std::string_view> elements;
  for (Slicer slicer(array); !slicer.done();) elements.push_back(slicer.value());
  return elements;
}

std::string decode_json_string(std::string_view value) {
  const std::string_view text = value.substr(1, value.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out.push_back(text[at]);
      continue;
    }
    const char c = text[++at];
    if (c != 'u') {
      static constexpr std::string_view kNames = "bfnrt", kMeant = "\b\f\n\r\t";
      const std::size_t known = kNames.find(c);
      out.push_back(known == std::string_view::npos ? c : kMeant[known]);
      continue;
    }
    std::uint32_t point = four_hex(text.substr(at + 1));
    at += 4;
    if (is_high_surrogate(point)) {
      point = 0x10000 + ((point - 0xD800) << 10) + (four_hex(text.substr(at + 3)) - 0xDC00);
      at += 6;
    }
    append_utf8(out, point);
  }
  return out;
}

}  // namespace composable::host
