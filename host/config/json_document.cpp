#include "config/json_document.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

using Kind = JsonNode::Kind;

// Counts the newlines before ascending offsets.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  std::uint32_t at(std::size_t offset) {
    offset = std::min(offset, text_.size());
    line_ +=
        static_cast<std::uint32_t>(std::count(text_.begin() + done_, text_.begin() + offset, '\n'));
    done_ = offset;
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t done_ = 0;
  std::uint32_t line_ = 1;
};

// RapidJSON's events made a tree. The stream stands just behind the token of each event, and no
// token holds a newline.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const rapidjson::MemoryStream& stream)
      : stream_(stream), lines_(text) {}

  bool Null() { return add(Kind::kNull, "null"); }
  bool Bool(bool value) { return add(Kind::kBool, value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return add(Kind::kNumber, {text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return add(Kind::kString, {text, size});
  }
  bool StartObject() { return open(Kind::kObject); }
  bool StartArray() { return open(Kind::kArray); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    open_.back()->members.push_back({std::string(text, size), line(), {}});
    return true;
  }

  // With numbers taken as text these do not happen.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  bool too_deep() const { return too_deep_; }
  JsonNode take() { return std::move(root_); }

 private:
  std::uint32_t line() { return lines_.at(stream_.Tell()); }

  // The place of the value that comes next.
  JsonNode& next() {
    if (open_.empty()) return root_;
    JsonNode& parent = *open_.back();
    if (parent.kind == Kind::kArray) return parent.items.emplace_back();
    return parent.members.back().value;
  }

  bool add(Kind kind, std::string_view text) {
    JsonNode& node = next();
    node.kind = kind;
    node.text = text;
    node.line = line();
    return true;
  }

  bool open(Kind kind) {
    too_deep_ = open_.size() == kMaxJsonDepth;
    if (too_deep_) return false;
    JsonNode& node = next();
    node.kind = kind;
    node.line = line();
    open_.push_back(&node);  // stays: its parent gets no other child before this one is closed
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const rapidjson::MemoryStream& stream_;
  Lines lines_;
  JsonNode root_;
  std::vector<JsonNode*> open_;
  bool too_deep_ = false;
};

std::string reason(rapidjson::ParseErrorCode code) {
  std::string text = rapidjson::GetParseError_En(code);
  while (!text.empty() && text.back() == '.') text.pop_back();
  if (!text.empty()) text.front() = absl::ascii_tolower(static_cast<unsigned char>(text.front()));
  return text;
}

void append_json(std::string& out, const JsonNode& node) {
  const char* comma = "";
  switch (node.kind) {
    case Kind::kString:
      out += in_quotes(node.text);
      break;
    case Kind::kArray:
      out += '[';
      for (const JsonNode& item : node.items) {
        out += std::exchange(comma, ",");
        append_json(out, item);
      }
      out += ']';
      break;
    case Kind::kObject:
      out += '{';
      for (const DocumentMember& member : node.members) {
        out += std::exchange(comma, ",");
        out += in_quotes(member.name) + ':';
        append_json(out, member.value);
      }
      out += '}';
      break;
    default:
      out += node.text;
  }
}

}  // namespace

absl::StatusOr<JsonNode> parse_json_document(std::string_view text) {
  if (text.size() > kMaxJsonFile) {
    return absl::InvalidArgumentError(
        absl::StrFormat("expected at most %d bytes, found %d", kMaxJsonFile, text.size()));
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrFormat("not readable as JSON, found a NUL byte (line %d)", Lines(text).at(nul)));
  }
  constexpr unsigned kFlags = rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  TreeBuilder builder(text, stream);
  const auto result = rapidjson::Reader().Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    const std::string what = builder.too_deep()
                                 ? absl::StrFormat("more than %d levels deep", kMaxJsonDepth)
                                 : reason(result.Code());
    return absl::InvalidArgumentError(absl::StrFormat("not readable as JSON, %s (line %d)", what,
                                                      Lines(text).at(result.Offset())));
  }
  return builder.take();
}

std::string to_json(const JsonNode& node) {
  std::string out;
  append_json(out, node);
  return out;
}

}  // namespace composable::host
