// The wire names of an enum class: kInTransit is in_transit. Its enumerators count from 0 without
// gaps, at most 128. Used by schema.hpp, at compile time only.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "composable/abi/schema.h"
#include "composable/reflect.hpp"

namespace composable::schema {

inline constexpr std::size_t kMaxEnumerators = 128;

// The wire name of an enumerator: kInTransit is in_transit, kPlaced is placed.
constexpr std::size_t snake_case(std::string_view name, char* out) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (name.size() > 1 && name[0] == 'k' && upper(name[1])) name.remove_prefix(1);
  std::size_t length = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool word = upper(name[i]) && i > 0 &&
                      (!upper(name[i - 1]) || (i + 1 < name.size() && !upper(name[i + 1])));
    if (word && name[i - 1] != '_') out[length++] = '_';
    out[length++] = upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return length;
}

template <class E, std::size_t kValue = 0>
consteval std::size_t count_enumerators() {
  static_assert(kValue <= kMaxEnumerators, "composable: an enum class may have 128 enumerators");
  if constexpr (reflect::enumerator_name<static_cast<E>(kValue)>().empty()) {
    return kValue;
  } else {
    return count_enumerators<E, kValue + 1>();
  }
}

template <class E, std::size_t kValue>
struct Enumerator {
  static constexpr std::string_view kName = reflect::enumerator_name<static_cast<E>(kValue)>();
  static constexpr std::size_t kLength = [] {
    std::array<char, 2 * kName.size() + 1> text{};
    return snake_case(kName, text.data());
  }();
  static constexpr std::array<char, kLength> kText = [] {
    std::array<char, 2 * kName.size() + 1> wide{};
    snake_case(kName, wide.data());
    std::array<char, kLength> text{};
    for (std::size_t i = 0; i < kLength; ++i) text[i] = wide[i];
    return text;
  }();
};

template <class E, class Indices = std::make_index_sequence<count_enumerators<E>()>>
struct Enumerators;
template <class E, std::size_t... kValue>
struct Enumerators<E, std::index_sequence<kValue...>> {
  static_assert(sizeof...(kValue) > 0,
                "composable: the enumerators of an enum class count from 0 without a gap");
  static constexpr std::array<composable_str, sizeof...(kValue)> kNames{
      composable_str{Enumerator<E, kValue>::kText.data(), Enumerator<E, kValue>::kLength}...};
};

}  // namespace composable::schema
