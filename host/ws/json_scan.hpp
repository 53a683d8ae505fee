// These functions check JSON and find its members without building a document: whether a text is
// one well-formed value (RFC 8259), and where its members lie. Payloads from sockets go to their
// domain as they came. Any thread.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

inline constexpr std::size_t kMaxJsonDepth = 64;

struct JsonFault {
  std::size_t offset = 0;     // byte of the text
  std::string_view expected;  // "a value"; a literal
};

// Nothing, when the text is one JSON value in valid UTF-8, at most kMaxJsonDepth deep, with every
// \u escape a character. Numbers are checked by grammar only.
std::optional<JsonFault> check_json(std::string_view text);

// "found ','", "found the end": what stands at a fault, for people.
std::string found_at(std::string_view text, std::size_t offset);

enum class JsonKind : unsigned char { kObject, kArray, kString, kNumber, kBool, kNull };

// The functions below trust their argument to be, or to lie in, a text that check_json passed.

// Of a value without white space around it.
JsonKind json_kind(std::string_view value);

struct JsonMember {
  std::string name;        // decoded
  std::string_view value;  // as it stands, without white space around it
};

std::string_view trim_json(std::string_view value);
std::vector<JsonMember> json_members(std::string_view object);
std::vector<std::string_view> json_elements(std::string_view array);
std::string decode_json_string(std::string_view value);

}  // namespace composable::host
