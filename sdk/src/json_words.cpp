#include "json_words.hpp"

#include <cstring>

namespace composable {

std::string expectation(const Type& type) {
  switch (type.kind) {
    case COMPOSABLE_KIND_BOOL:
      return "true or false";
    case COMPOSABLE_KIND_INT:
      return "integer";
    case COMPOSABLE_KIND_UINT:
      return "unsigned integer";
    case COMPOSABLE_KIND_DOUBLE:
      return "number";
    case COMPOSABLE_KIND_STRING:
      return std::string(type.text == nullptr ? "string" : type.text->expected);
    case COMPOSABLE_KIND_LIST:
      return "array";
    default:
      break;
  }
  if (type.kind == COMPOSABLE_KIND_ENUM || type.kind == COMPOSABLE_KIND_UNION) {
    std::string text = type.kind == COMPOSABLE_KIND_ENUM ? "" : "object with ";
    for (std::uint32_t i = 0; i < type.n_fields; ++i) {
      if (i > 0) text += i + 1 == type.n_fields ? " or " : ", ";
      const composable_str name =
          type.kind == COMPOSABLE_KIND_ENUM ? type.names[i] : type.field(i).name;
      text.append("\"").append(view(name)) += '"';
    }
    return text;
  }
  return "object";
}

std::size_t token_begin(std::string_view input, std::size_t end) {
  std::size_t at = end;
  if (at == 0 || at > input.size()) return at;
  const char last = input[at - 1];
  if (last == '"') {
    // A quote inside a string has an odd number of backslashes before it.
    for (std::size_t open = at - 1; open-- > 0;) {
      if (input[open] != '"') continue;
      std::size_t slashes = 0;
      while (slashes < open && input[open - 1 - slashes] == '\\') ++slashes;
      if (slashes % 2 == 0) return open;
      open -= slashes;
    }
    return 0;
  }
  if (last == '{' || last == '[' || last == '}' || last == ']') return at - 1;
  while (at > 0 && input[at - 1] != '\0' &&
         std::strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", input[at - 1]) != nullptr) {
    --at;
  }
  return at;
}

std::string show_token(std::string_view input, std::size_t end, bool secret) {
  constexpr std::size_t kShown = 40;
  const std::size_t begin = token_begin(input, end);
  const std::string_view token = input.substr(begin, end - begin);
  if (token.empty()) return "nothing";
  if (token[0] == '{') return "object";
  if (token[0] == '[') return "array";
  const bool is_string = token[0] == '"';
  if (secret) return is_string ? "string" : token[0] == 'n' ? "null" : "another value";
  std::string text = is_string ? "string " : "";
  std::size_t shown = token.size() < kShown ? token.size() : kShown;
  while (shown < token.size() && (static_cast<unsigned char>(token[shown]) & 0xc0) == 0x80) --shown;
  text.append(token.substr(0, shown));
  if (shown < token.size()) text += is_string ? "…\"" : "…";
  return text;
}

std::string quoted_key(std::string_view input, std::size_t end) {
  std::size_t begin = end - 1;
  while (begin > 0) {
    --begin;
    if (input[begin] == '"' && (begin == 0 || input[begin - 1] != '\\')) break;
  }
  return std::string(input.substr(begin, end - begin));
}

std::string control_character(char c) {
  const auto code = static_cast<unsigned char>(c);
  constexpr char kHex[] = "0123456789ABCDEF";
  const std::string digits = {kHex[code >> 4], kHex[code & 15]};
  std::string escape = "\\u00" + digits;
  if (c == '\n') escape = "\\n";
  if (c == '\t') escape = "\\t";
  if (c == '\r') escape = "\\r";
  return "not valid JSON: the control character 0x" + digits + " in a string; write it as " +
         escape;
}

}  // namespace composable
