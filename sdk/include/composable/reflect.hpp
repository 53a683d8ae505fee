// Names of types, fields and enumerators, taken from the compiler; no macro.
// Called by schema.hpp, at compile time only. Boost.PFR counts and reaches the fields of an
// aggregate; Boost 1.81 has no names, so the compiler is made to spell a pointer to the field of an
// object that is declared and never defined (g++ 11 and clang 14 or newer).
#pragma once
#include <boost/pfr/core.hpp>
#include <cstddef>
#include <string_view>
#include <type_traits>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

namespace composable::reflect {

template <class T>
struct Sample {
  T value;
};
template <class T>
extern const Sample<T> kSample;

// clang 14 takes a pointer to a subobject as template argument only inside a structure.
template <class Pointer>
struct Address {
  Pointer pointer;
};
template <class Pointer>
Address(Pointer) -> Address<Pointer>;

template <auto kWhat>
consteval std::string_view spell_value() {
  return __PRETTY_FUNCTION__;
}
template <class T>
consteval std::string_view spell_type() {
  return __PRETTY_FUNCTION__;
}

consteval bool is_identifier_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The last identifier in `text`, or empty when it ends in something else.
consteval std::string_view last_identifier(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_identifier_char(text[begin - 1])) --begin;
  return text.substr(begin);
}

// What follows `marker`, up to the end of the template argument list.
consteval std::string_view argument(std::string_view spelled, std::string_view marker) {
  spelled.remove_prefix(spelled.find(marker) + marker.size());
  return spelled.substr(0, spelled.find_first_of(";]"));
}

template <class T>
inline constexpr std::size_t kFieldCount = [] {
  if constexpr (std::is_empty_v<T>) {
    return std::size_t{0};
  } else {
    return boost::pfr::tuple_size_v<T>;
  }
}();

template <class T, std::size_t kIndex>
using FieldType = std::remove_cvref_t<decltype(boost::pfr::get<kIndex>(kSample<T>.value))>;

// "quantity". A trailing underscore, there to dodge a keyword, is not part of the name.
template <class T, std::size_t kIndex>
consteval std::string_view field_name() {
  std::string_view text = spell_value<Address{&boost::pfr::get<kIndex>(kSample<T>.value)}>();
  while (!text.empty() && !is_identifier_char(text.back())) text.remove_suffix(1);
#if !defined(__clang__)
  // g++ goes on with "; std::string_view = …".
  text = text.substr(0, text.find(';'));
  while (!text.empty() && !is_identifier_char(text.back())) text.remove_suffix(1);
#endif
  text = last_identifier(text);
  if (text.size() > 1 && text.back() == '_') text.remove_suffix(1);
  return text;
}

// "PlaceOrder", without namespaces and template arguments.
template <class T>
consteval std::string_view type_name() {
  std::string_view text = argument(spell_type<T>(), "T = ");
  text = text.substr(0, text.find('<'));
  return last_identifier(text);
}

// "kPlaced", or empty when the enumeration has no enumerator of this value.
template <auto kValue>
consteval std::string_view enumerator_name() {
  std::string_view text = argument(spell_value<kValue>(), "kWhat = ");
  if (text.starts_with('(')) return {};  // (orders::Status)7
  return last_identifier(text);
}

}  // namespace composable::reflect

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
