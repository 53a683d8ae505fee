#include "observe/escaped.hpp"

#include <array>

#include "absl/strings/str_format.h"
#include "runtime/utf8.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr std::string_view kReplacement = "\ufffd";

// Characters that a terminal or a viewer would interpret instead of showing.
bool is_active(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || c == 0x061c ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

}  // namespace

void append_escaped(std::string& out, std::string_view in, std::size_t limit) {
  const std::size_t start = out.size();
  while (!in.empty()) {
    const CodePoint point = first_code_point(in);
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

std::string shown(std::string_view in) {
  std::string out;
  append_escaped(out, in);
  return out;
}

std::string in_quotes(std::string_view in, std::size_t limit) {
  std::string out = "\"";
  append_escaped(out, in, limit);
  out += '"';
  return out;
}

}  // namespace composable::host
