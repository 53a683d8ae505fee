#include "observe/escaped.hpp"

#include <array>

#include "absl/strings/str_format.h"

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

}  // namespace

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

std::string in_quotes(std::string_view in, std::size_t limit) {
  std::string out = "\"";
  append_escaped(out, in, limit);
  out += '"';
  return out;
}

}  // namespace composable::host
