// kHasWireForm tells whether a type has a JSON form, without the error that schema.hpp would stop
// with, so that callers can print a more helpful one. Compile time only.
#pragma once
#include <type_traits>
#include <utility>

#include "composable/schema.hpp"

namespace composable::schema {

template <class T, class... Outer>
consteval bool has_wire_form();

template <class V, class... Outer>
inline constexpr bool kAlternativesHaveForms = false;
template <class... T, class... Outer>
inline constexpr bool kAlternativesHaveForms<std::variant<T...>, Outer...> =
    (has_wire_form<T, Outer...>() && ...);

template <class T, class... Outer>
consteval bool fields_have_forms() {
  return []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return (has_wire_form<reflect::FieldType<T, kIndex>, Outer...>() && ...);
  }
  (std::make_index_sequence<reflect::kFieldCount<T>>());
}

template <class T>
consteval bool counts_from_zero() {
  if constexpr (std::is_enum_v<T>) {
    return !reflect::enumerator_name<static_cast<T>(0)>().empty();
  } else {
    return false;
  }
}

// An optional as the element of something: only a field may be absent.
template <class T>
inline constexpr bool kHasOptionalInside = false;
template <class T>
inline constexpr bool kHasOptionalInside<std::optional<T>> =
    kIsA<typename Wire<T>::Inner, std::optional>;
template <class T>
inline constexpr bool kHasOptionalInside<std::vector<T>> =
    kIsA<typename Wire<T>::Inner, std::optional>;
template <class T>
inline constexpr bool kHasOptionalInside<std::map<std::string, T>> =
    kIsA<typename Wire<T>::Inner, std::optional>;
template <class T>
inline constexpr bool kHasOptionalInside<std::unordered_map<std::string, T>> =
    kIsA<typename Wire<T>::Inner, std::optional>;
template <class... T>
inline constexpr bool kHasOptionalInside<std::variant<T...>> =
    (kIsA<typename Wire<T>::Inner, std::optional> || ...);

// `Outer` are the structs around it: one that holds itself, in a list, is looked at once.
template <class T, class... Outer>
consteval bool has_wire_form() {
  using Inner = typename Wire<T>::Inner;
  if constexpr (kHasOptionalInside<Inner>) {
    return false;
  } else if constexpr (kIsA<Inner, std::optional>) {
    return has_wire_form<typename Inner::value_type, Outer...>();
  } else if constexpr (kIsA<Inner, std::vector>) {
    return !std::is_same_v<typename Inner::value_type, bool> &&
           has_wire_form<typename Inner::value_type, Outer...>();
  } else if constexpr (kIsStringMap<Inner>) {
    return has_wire_form<typename Inner::mapped_type, Outer...>();
  } else if constexpr (kIsA<Inner, std::variant>) {
    return kAlternativesHaveForms<Inner, Outer...>;
  } else if constexpr (kIsObject<Inner>) {
    if constexpr ((std::is_same_v<Inner, Outer> || ...)) {
      return true;
    } else {
      return fields_have_forms<Inner, Inner, Outer...>();
    }
  } else {
    return std::is_same_v<Inner, bool> || kIsInteger<Inner> || std::is_same_v<Inner, double> ||
           std::is_same_v<Inner, std::string> || std::is_same_v<Inner, Timestamp> ||
           std::is_same_v<Inner, Json> || counts_from_zero<Inner>();
  }
}

}  // namespace composable::schema
