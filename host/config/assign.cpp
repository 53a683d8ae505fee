#include "config/assign.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "config/masking.hpp"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

using Kind = JsonNode::Kind;

constexpr std::size_t kLongestFound = 64;

bool is_secret(const Setting& setting) { return setting.role == Setting::Role::kSecretUrl; }

// The literal as a whole: no sign, no fraction, no exponent.
std::optional<std::uint64_t> unsigned_of(const JsonNode& value) {
  std::uint64_t number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto parsed = std::from_chars(value.text.data(), end, number);
  if (value.kind != Kind::kNumber || parsed.ec != std::errc() || parsed.ptr != end) return {};
  return number;
}

class Assignment {
 public:
  Assignment(const Setting& setting, const JsonNode& value) : setting_(setting), value_(value) {}

  void operator()(bool* field) {
    if (value_.kind != Kind::kBool) return refuse("", value_, type_name(setting_));
    *field = value_.text == "true";
  }

  void operator()(std::uint64_t* field) {
    const auto number = unsigned_of(value_);
    if (!number || *number < setting_.least || *number > setting_.most) {
      return refuse("", value_, type_name(setting_));
    }
    *field = *number;
  }

  void operator()(std::string* field) {
    if (accepts_text("", value_)) *field = value_.text;
  }

  void operator()(std::vector<std::string>* field) {
    if (value_.kind != Kind::kArray) return refuse("", value_, type_name(setting_));
    std::vector<std::string> texts;
    for (const JsonNode& item : value_.items) {
      if (accepts_text(absl::StrFormat("[%d]", texts.size()), item)) texts.push_back(item.text);
      if (!wrong.empty()) return;
    }
    *field = std::move(texts);
  }

  std::vector<WrongValue> wrong;

 private:
  bool accepts_text(const std::string& place, const JsonNode& value) {
    const bool is_text = value.kind == Kind::kString;
    const std::string expected = !is_text         ? "text"
                                 : setting_.check ? setting_.check(value.text)
                                                  : std::string();
    if (!expected.empty()) refuse(place, value, expected);
    return expected.empty();
  }

  void refuse(const std::string& place, const JsonNode& value, const std::string& expected) {
    wrong.push_back(
        {place, value.line,
         absl::StrFormat("expected %s, found %s", expected, found(value, is_secret(setting_)))});
  }

  const Setting& setting_;
  const JsonNode& value_;
};

JsonNode text_node(std::string_view text) {
  return JsonNode{.kind = Kind::kString, .text = std::string(text)};
}

}  // namespace

std::vector<WrongValue> assign(const Setting& setting, const JsonNode& value, Config& config) {
  Assignment assignment(setting, value);
  std::visit(assignment, setting.field(config));
  return std::move(assignment.wrong);
}

JsonNode value_from_text(const Setting& setting, std::string_view text) {
  Config any;
  const Field field = setting.field(any);
  if (std::holds_alternative<std::vector<std::string>*>(field)) {
    JsonNode list{.kind = Kind::kArray};
    const std::vector<std::string> items = absl::StrSplit(std::string(text), setting.separator);
    for (const std::string& item : items) list.items.push_back(text_node(item));
    return list;
  }
  JsonNode value = text_node(text);
  const bool is_digits = std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (std::holds_alternative<std::uint64_t*>(field) && is_digits) value.kind = Kind::kNumber;
  if (std::holds_alternative<bool*>(field) && (text == "true" || text == "false")) {
    value.kind = Kind::kBool;
  }
  return value;
}

JsonNode shown_value(const Setting& setting, Config& config) {
  struct Reader {
    bool secret;
    JsonNode operator()(const bool* field) const {
      return {.kind = Kind::kBool, .text = *field ? "true" : "false"};
    }
    JsonNode operator()(const std::uint64_t* field) const {
      return {.kind = Kind::kNumber, .text = std::to_string(*field)};
    }
    JsonNode operator()(const std::string* field) const {
      return text_node(secret ? mask_url(*field) : *field);
    }
    JsonNode operator()(const std::vector<std::string>* field) const {
      JsonNode list{.kind = Kind::kArray};
      for (const std::string& item : *field) list.items.push_back(text_node(item));
      return list;
    }
  };
  return std::visit(Reader{is_secret(setting)}, setting.field(config));
}

std::string found(const JsonNode& value, bool secret) {
  switch (value.kind) {
    case Kind::kArray:
      return "a list";
    case Kind::kObject:
      return "an object";
    case Kind::kString:
      return secret ? "a text" : in_quotes(value.text, kLongestFound);
    case Kind::kNumber:
      if (secret) return "a number";
      break;
    case Kind::kBool:
    case Kind::kNull:
      break;
  }
  std::string out;
  append_escaped(out, value.text, kLongestFound);
  return out;
}

}  // namespace composable::host
