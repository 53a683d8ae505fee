// A JsonObject writes one JSON object, member by member: the answers of the admin pages, the
// `--json` of the verbs. One thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"

namespace composable::host {

class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
    return *this;
  }
  JsonObject& number(std::string_view name, std::uint64_t value) {
    key(name);
    out_ += std::to_string(value);
    return *this;
  }
  JsonObject& flag(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
    return *this;
  }
  // `json` is a JSON value and is copied as it is.
  JsonObject& raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }
  // Adds the members of `object`, a text that end() returned.
  JsonObject& members_of(std::string_view object) {
    if (object.size() <= 2) return *this;
    begin_member();
    out_ += object.substr(1, object.size() - 2);
    return *this;
  }
  std::string end() { return out_ + '}'; }

 private:
  void begin_member() {
    if (out_.size() > 1) out_ += ',';
  }
  void key(std::string_view name) {
    begin_member();
    append_json_string(out_, name);
    out_ += ':';
  }

  std::string out_ = "{";
};

// An array: `write` returns the JSON of one item.
template <typename Items, typename Write>
std::string json_list(const Items& items, Write write) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += write(item);
  }
  return out + ']';
}
// An array of items that are JSON already.
inline std::string json_list(const std::vector<std::string>& items) {
  return json_list(items, [](const std::string& item) -> const std::string& { return item; });
}

}  // namespace composable::host
