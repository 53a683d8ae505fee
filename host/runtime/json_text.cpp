#include "runtime/json_text.hpp"

#include <cstddef>

#include "runtime/utf8.hpp"

namespace composable::host {
namespace {

void append_escape(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
    case '\\':
      out += {'\\', c};
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 15];
  }
}

}  // namespace

// Most texts hold nothing to change, so runs of what stays are copied at once.
void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t begin = 0, end = 0;  // of the run
  while (end < text.size()) {
    const auto byte = static_cast<unsigned char>(text[end]);
    const bool ascii = byte < 0x80;
    const bool stays = ascii && byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f;
    const std::size_t kept = stays ? 1 : ascii ? 0 : first_code_point(text.substr(end)).bytes;
    if (kept != 0) {
      end += kept;
      continue;
    }
    out.append(text, begin, end - begin);
    if (ascii) {
      append_escape(out, text[end]);
    } else {
      out += "\ufffd";
    }
    begin = ++end;
  }
  out.append(text, begin, end - begin);
  out += '"';
}

}  // namespace composable::host
