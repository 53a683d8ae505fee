// The rule for the name of a topic, used for publishing and for subscribing. Pure; any thread.
#pragma once
#include <algorithm>
#include <string_view>

namespace composable::host {

inline constexpr std::string_view kTopicNameForm = "[a-z][a-z0-9._-]*, 1..128 bytes";

inline bool is_topic_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= 128 && lower(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return lower(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace composable::host
