// parse_json_document parses a JSON file into a tree in which every value knows its line, so that
// an error names the place of a mistake. load.cpp calls it at start; any thread.
//
// People write these files, so comments and trailing commas are accepted. Numbers stay text.
// Depth, size and encoding are checked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace composable::host {

struct DocumentMember;

struct JsonNode {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  std::uint32_t line = 0;               // from 1; 0: not from a file
  std::string text;                     // the string's value, or the scalar as written
  std::vector<JsonNode> items;          // of an array
  std::vector<DocumentMember> members;  // of an object, in order; names may repeat
};

struct DocumentMember {
  std::string name;
  std::uint32_t line = 0;
  JsonNode value;
};

inline constexpr std::size_t kMaxJsonFile = 1024 * 1024;
inline constexpr std::size_t kMaxJsonDepth = 64;

// The error names what was wrong and the line, and holds nothing of the text.
absl::StatusOr<JsonNode> parse_json_document(std::string_view text);

// Strict JSON on one line.
std::string to_json(const JsonNode& node);

}  // namespace composable::host
