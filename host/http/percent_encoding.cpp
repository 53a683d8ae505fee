#include "http/percent_encoding.hpp"

namespace composable::host {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool is_escape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0;
}

void decode_unreserved(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (is_escape(text.substr(i))) {
      const char meant = static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      if (is_unreserved(meant)) {
        c = meant;
        i += 2;
      }
    }
    out.push_back(c);
  }
}

bool percent_decode(std::string_view text, PlusSign plus, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (!is_escape(text.substr(i))) return false;
      out.push_back(static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(c == '+' && plus == PlusSign::kSpace ? ' ' : c);
    }
  }
  return true;
}

}  // namespace composable::host
