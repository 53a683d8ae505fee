// The parts of a route behind routes.hpp: its description without types, patterns that are checked
// against a struct, and the functions that it keeps. Used when the domain's tables are made.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "composable/abi/routes.h"
#include "composable/domain.hpp"

namespace composable::route {

// A function pointer of any type; null for a lambda, which is made anew where it is called.
using AnyFunction = void (*)();

// A route without its types.
struct Spec {
  std::uint32_t method = COMPOSABLE_METHOD_GET;
  std::uint32_t flags = 0;
  std::uint32_t timeout_ms = 0;
  std::uint32_t max_body = 0;
  std::string_view pattern;
  std::string_view actor_field;  // filled with the actor; empty: none
  std::uint32_t settled_status = 204;
  std::vector<std::uint32_t> statuses;  // one per outcome
  std::vector<AnyFunction> replies;     // one per outcome
  AnyFunction settled = nullptr;
  AnyFunction function = nullptr;  // of a read, or the one that makes the command
};

// The index of the field that parameter `name` fills, or the number of fields.
template <class C>
consteval std::size_t field_for(std::string_view name) {
  constexpr std::size_t kCount = reflect::kFieldCount<C>;
  return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    const std::string_view fields[] = {reflect::field_name<C, kIndex>()..., {}};
    std::size_t found = kCount, matches = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      if (fields[i] == name) return i;
      const bool ends = fields[i].ends_with(name) && fields[i].size() > name.size() &&
                        fields[i][fields[i].size() - name.size() - 1] == '_';
      if (!ends) continue;
      found = i;
      ++matches;
    }
    return matches == 1 ? found : kCount;
  }
  (std::make_index_sequence<kCount>());
}

// A pattern whose parameters are checked against the command while compiling.
template <class C>
struct Pattern {
  std::string_view text;

  template <std::size_t kSize>
  consteval Pattern(const char (&pattern)[kSize]) : text(pattern, kSize - 1) {
    if (!text.empty() && text[0] != '/') throw "a pattern is empty or begins with /";
    std::string_view rest = text;
    while (rest.find("/:") != rest.npos) {
      rest.remove_prefix(rest.find("/:") + 2);
      const std::string_view name = rest.substr(0, rest.find('/'));
      if (field_for<C>(name) == reflect::kFieldCount<C>) {
        throw "composable: a :parameter of this pattern names no field of the command; name it like "
              "the field, or like the end of the only field that ends in _<parameter>";
      }
    }
  }
};

template <class F>
inline constexpr bool kStateless = std::is_empty_v<F>&& std::is_default_constructible_v<F>;
template <class F>
inline constexpr bool kIsFunctionPointer =
    std::is_pointer_v<F>&& std::is_function_v<std::remove_pointer_t<F>>;

template <class F>
consteval void check_function() {
  static_assert(kStateless<F> || kIsFunctionPointer<F>,
                "composable: the functions of a route must not capture; what they may know comes "
                "as arguments");
}
template <class F>
AnyFunction keep([[maybe_unused]] F f) {
  check_function<F>();
  if constexpr (kIsFunctionPointer<F>) {
    return reinterpret_cast<AnyFunction>(f);
  } else {
    return nullptr;
  }
}
// What keep() was given.
template <class F>
F kept([[maybe_unused]] AnyFunction f) {
  if constexpr (kIsFunctionPointer<F>) {
    return reinterpret_cast<F>(f);
  } else {
    return F{};
  }
}

// One `.replies<E>(status, F)`.
template <class E, class F>
struct Outcome {
  using Event = E;
  using Function = F;
};
struct NoFunction {};

}  // namespace composable::route
