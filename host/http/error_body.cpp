#include "http/error_body.hpp"

#include "http/percent_encoding.hpp"
#include "http/status.hpp"

namespace composable::host {
namespace {

void append_escaped(char c, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
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

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      append_escaped(c, out);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_error_body(const Refusal& refusal, const Uuid& correlation, std::string& out) {
  out += "{\"code\":";
  append_json_string(refusal.code.empty() ? error_code_of(refusal.status) : refusal.code, out);
  out += ",\"message\":";
  append_json_string(refusal.message, out);
  out += ",\"correlation_id\":\"";
  char id[36];
  correlation.write(id);
  out.append(id, sizeof id);
  out += '"';
  if (!refusal.path.empty()) {
    out += ",\"path\":";
    append_json_string(refusal.path, out);
  }
  out += '}';
}

}  // namespace composable::host
