// The static_asserts about a domain, as sentences. COMPOSABLE_PLUGIN checks them before anything
// else, so that a sentence is the first error, with the domain and the action named above it.
// Compile time only.
#pragma once
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "composable/domain.hpp"
#include "composable/wire_form.hpp"

namespace composable::domain {

// What names a member in the compiler's notes. g++ shows a text, clang the path of an address.
template <std::size_t kSize>
struct Name {
  char text[kSize + 1] = {};

  consteval explicit Name(std::string_view from) {
    for (std::size_t i = 0; i < kSize; ++i) text[i] = from[i];
  }
};

template <class T, std::size_t kAt>
consteval auto member_name() {
#if defined(__clang__)
  return reflect::Address{&boost::pfr::get<kAt>(reflect::kSample<T>.value)};
#else
  constexpr std::string_view kName = reflect::field_name<T, kAt>();
  return Name<kName.size()>(kName);
#endif
}

// A member of a struct that has to be written as JSON, and cannot be.
template <class Struct, auto kMember, class Type>
struct MemberCase {
  using Inner = typename schema::Wire<Type>::Inner;
  static constexpr bool kBools = std::is_same_v<Inner, std::vector<bool>>;
  static constexpr bool kOptionals = schema::kHasOptionalInside<Inner>;
  static constexpr bool kGap = std::is_enum_v<Inner>;
  static constexpr bool kBorrowed =
      std::is_same_v<Inner, std::string_view> || std::is_same_v<Inner, const char*>;
  static_assert(!kBools,
                "composable: this member is a std::vector<bool>, which has no wire form; use "
                "std::vector<std::uint8_t> or an enum class");
  static_assert(!kOptionals,
                "composable: std::optional stands for a member that may be absent; inside of this "
                "one it has no wire form");
  static_assert(!kGap,
                "composable: the enumerators of this member's enum class count from 0 without a "
                "gap");
  static_assert(!kBorrowed,
                "composable: this member has no wire form: it borrows its text; use std::string");
  static_assert(kBools || kOptionals || kGap || kBorrowed,
                "composable: this member has no wire form; use bool, an integer of 8 to 64 bits, "
                "double, std::string, an enum class, std::vector, std::map<std::string, T>, "
                "std::optional, std::variant, or an aggregate struct of those");
};

struct NoBadMember {};

// The innermost struct that a member holds, in whatever lists; void when it holds none.
template <class T>
struct Innermost {
  using type = std::conditional_t<schema::kIsObject<T>, T, void>;
};
template <class T>
struct Innermost<std::optional<T>> : Innermost<typename schema::Wire<T>::Inner> {};
template <class T>
struct Innermost<std::vector<T>> : Innermost<typename schema::Wire<T>::Inner> {};
template <class T>
struct Innermost<std::map<std::string, T>> : Innermost<typename schema::Wire<T>::Inner> {};
template <class T>
struct Innermost<std::unordered_map<std::string, T>> : Innermost<typename schema::Wire<T>::Inner> {
};

template <class T>
consteval std::size_t first_bad_field() {
  return []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    const bool fine[] = {schema::has_wire_form<reflect::FieldType<T, kIndex>, T>()..., false};
    std::size_t at = 0;
    while (at < sizeof...(kIndex) && fine[at]) ++at;
    return at;
  }
  (std::make_index_sequence<reflect::kFieldCount<T>>());
}

// The case of the first member, of T or of a struct inside of it, that has no wire form.
template <class T>
consteval auto bad_member() {
  if constexpr (!schema::kIsObject<T>) {
    return std::type_identity<NoBadMember>{};
  } else {
    constexpr std::size_t kAt = first_bad_field<T>();
    if constexpr (kAt == reflect::kFieldCount<T>) {
      return std::type_identity<NoBadMember>{};
    } else {
      using Field = reflect::FieldType<T, kAt>;
      using Inside = typename Innermost<typename schema::Wire<Field>::Inner>::type;
      if constexpr (!std::is_void_v<Inside> && !schema::has_wire_form<Inside>()) {
        return bad_member<Inside>();
      } else {
        return std::type_identity<MemberCase<T, member_name<T, kAt>(), Field>>{};
      }
    }
  }
}
template <class T>
using BadMember = typename decltype(bad_member<T>())::type;

template <class A>
consteval bool has_field(std::string_view name) {
  return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return ((reflect::field_name<A, kIndex>() == name) || ...);
  }
  (std::make_index_sequence<reflect::kFieldCount<A>>());
}

// Whether every {placeholder} in the message of a rejection is one of its fields.
template <class A>
consteval bool message_fits() {
  std::string_view rest = A::kind.message;
  for (std::size_t open = rest.find('{'); open != rest.npos; open = rest.find('{')) {
    const std::size_t close = rest.find('}', open);
    if (close == rest.npos || !has_field<A>(rest.substr(open + 1, close - open - 1))) return false;
    rest.remove_prefix(close + 1);
  }
  return true;
}

struct NoCase {};
template <class A>
struct RejectionCase {
  static_assert(message_fits<A>(),
                "composable: the message of this rejection names a field in {braces} that the "
                "struct does not have");
  static_assert(A::kind.path_field.empty() || has_field<A>(A::kind.path_field),
                "composable: this rejection is `.at(\"…\")` a field that it does not have");
};
template <class A>
struct OwnedEventCase {
  static_assert(A::kind.owner.empty() || has_field<A>(A::kind.owner),
                "composable: this event is `.for_user(\"…\")` of a field that it does not have");
};
template <class A>
using KindCase =
    std::conditional_t<kDeclared<A, RejectionKind>, RejectionCase<A>,
                       std::conditional_t<kDeclared<A, EventKind>, OwnedEventCase<A>, NoCase>>;

// An action of a domain; the compiler names both in its notes.
template <class D, class A>
struct ActionCase {
  static_assert(std::is_aggregate_v<A>, "composable: an action is a plain struct");
  static_assert(!kSilent<A> || Decides<D, A> || Evolves<D, A>,
                "composable: this action has neither a decide nor an evolve overload; write "
                "`static Effects decide(const State&, const A&, const composable::Context&)` for a "
                "command, `static void evolve(State&, const A&, const composable::Context&)` for "
                "an event, or declare its `kind`");
  static_assert(!kGoesToDecide<D, A> || Decides<D, A>,
                "composable: this command has no decide overload; write `static Effects "
                "decide(const State&, const A&, const composable::Context&)` in the domain");
  static_assert(!kIsEvent<D, A> || Evolves<D, A> || is_stateless_event<A>(),
                "composable: this event has no evolve overload; write `static void evolve(State&, "
                "const A&, const composable::Context&)` in the domain, or declare it "
                "`event().announced()` when it changes no state");
  static_assert(sizeof(KindCase<A>) != 0);
  static_assert(sizeof(BadMember<A>) != 0);
};

template <class D, class Variant>
struct ActionsCase;
template <class D, class... A>
struct ActionsCase<D, std::variant<A...>> {
  static constexpr bool kFine = ((sizeof(ActionCase<D, A>) != 0) && ...);
  // Whether the tables of the actions can be made at all: what is wrong has been said above.
  static constexpr bool kCanBeBuilt = (schema::has_wire_form<A>() && ...);
};

}  // namespace composable::domain
