// These templates read what a domain declares: the number and class of an action, and whether it
// has the overloads it needs. Compile time only. domain_case.hpp reports what is wrong with a
// domain.
#pragma once
#include <cstdint>
#include <type_traits>
#include <variant>

#include "composable/context.hpp"
#include "composable/kind.hpp"
#include "composable/schema.hpp"

namespace composable {

template <class D>
class Effects;
template <class D>
class JobContext;

namespace domain {

struct NoConfig {};

template <class D>
struct ConfigOf {
  using type = NoConfig;
};
template <class D>
requires requires { typename D::Config; }
struct ConfigOf<D> {
  using type = typename D::Config;
};
template <class D>
using Config = typename ConfigOf<D>::type;

template <class D>
struct JobsOf {
  using type = std::variant<std::monostate>;
  static constexpr std::size_t kCount = 0;
};
template <class D>
requires requires { typename D::Jobs; }
struct JobsOf<D> {
  using type = typename D::Jobs;
  static constexpr std::size_t kCount = std::variant_size_v<typename D::Jobs>;
};

template <class T, class Variant>
inline constexpr std::uint32_t kIndexIn = 0xffffffff;
template <class T, class... Alternatives>
inline constexpr std::uint32_t kIndexIn<T, std::variant<Alternatives...>> = [] {
  constexpr bool kSame[] = {std::is_same_v<T, Alternatives>...};
  for (std::uint32_t i = 0; i < sizeof...(Alternatives); ++i) {
    if (kSame[i]) return i;
  }
  return std::uint32_t{0xffffffff};
}();

template <class D, class A>
inline constexpr bool kHasAction = kIndexIn<A, typename D::Action> != 0xffffffff;
template <class D, class A>
inline constexpr std::uint32_t kNumber = kIndexIn<A, typename D::Action>;

template <class D, class A>
concept DecidesPlainly = requires(const typename D::State& state, const A& a, const Context& c) {
  static_cast<Effects<D>>(D::decide(state, a, c));
};
template <class D, class A>
concept DecidesWithConfig = requires(const typename D::State& state, const A& a, const Context& c,
                                     const Config<D>& config) {
  static_cast<Effects<D>>(D::decide(state, a, c, config));
};
template <class D, class A>
concept Decides = DecidesPlainly<D, A> || DecidesWithConfig<D, A>;

template <class D, class A>
concept Evolves = requires(typename D::State& state, const A& a, const Context& c) {
  D::evolve(state, a, c);
};

template <class A>
using KindOf = std::remove_cvref_t<decltype(A::kind)>;
template <class A, class Kind>
inline constexpr bool kDeclared = [] {
  if constexpr (requires { A::kind; }) {
    return std::is_same_v<KindOf<A>, Kind>;
  } else {
    return false;
  }
}();
template <class A>
inline constexpr bool kSilent = !requires {
  A::kind;
};

// The class of an action, or 0 when it is undeclared.
template <class D, class A>
consteval std::uint32_t class_of() {
  if constexpr (kDeclared<A, CommandKind>) {
    return COMPOSABLE_CLASS_COMMAND;
  } else if constexpr (kDeclared<A, EventKind>) {
    return COMPOSABLE_CLASS_EVENT;
  } else if constexpr (kDeclared<A, RejectionKind>) {
    return COMPOSABLE_CLASS_REJECTION;
  } else if constexpr (kDeclared<A, InternalKind>) {
    return COMPOSABLE_CLASS_INTERNAL;
  } else if constexpr (Decides<D, A>) {
    return COMPOSABLE_CLASS_COMMAND;
  } else if constexpr (Evolves<D, A>) {
    return COMPOSABLE_CLASS_EVENT;
  } else {
    return 0;
  }
}

template <class D, class A>
inline constexpr std::uint32_t kClass = class_of<D, A>();
template <class D, class A>
inline constexpr bool kIsEvent = kClass<D, A> == COMPOSABLE_CLASS_EVENT;
template <class D, class A>
inline constexpr bool kGoesToDecide =
    kClass<D, A> == COMPOSABLE_CLASS_COMMAND || kClass<D, A> == COMPOSABLE_CLASS_INTERNAL;

template <class A>
consteval bool is_stateless_event() {
  if constexpr (kDeclared<A, EventKind>) {
    return A::kind.stateless;
  } else {
    return false;
  }
}

}  // namespace domain
}  // namespace composable
