// A TopicName is the name of a topic, a literal that is checked while compiling. Compile time only.
#pragma once
#include <concepts>
#include <string_view>
#include <type_traits>

namespace composable {

consteval bool is_topic_name(std::string_view name) {
  if (name.empty() || name.size() > 128 || name[0] < 'a' || name[0] > 'z') return false;
  for (const char c : name) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!fine) return false;
  }
  return true;
}

struct TopicName {
  std::string_view text;

  template <std::size_t kSize>
  consteval TopicName(const char (&name)[kSize]) : text(name, kSize - 1) {
    if (!is_topic_name(text)) {
      throw "composable: a topic is [a-z][a-z0-9._-]*, at most 128 characters";
    }
  }
};

// A topic that is only known at run time.
template <class T>
concept TopicText =
    std::convertible_to<T, std::string_view> && !std::is_array_v<std::remove_reference_t<T>>;

}  // namespace composable
