// The HTTP face of a domain, one line per route:
//
//   static composable::Routes<Orders> routes() {
//     return {post<PlaceOrder>("").replies<OrderPlaced>(201, placed),
//             post<ShipOrder>("/:id/ship").replies<OrderShipped>(200, shipped),
//             get("/:id", read_order)};
//   }
//
// A command is read from the body; a parameter `:p` fills the field `p` or the one field that ends
// in `_p`, and the body must not have that field. Functions must not capture: everything they may
// know comes as arguments. A route's function returns the body, any type of schema.hpp, or void.
// Used when the domain's tables are made; the functions run in the domain's serial section.
#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "composable/domain.hpp"
#include "composable/http.hpp"

namespace composable {
namespace route {

// What a route is, whatever its types.
struct Spec {
  std::uint32_t method = COMPOSABLE_METHOD_GET;
  std::uint32_t flags = 0;
  std::uint32_t timeout_ms = 0;
  std::uint32_t max_body = 0;
  std::string_view pattern;
  std::string_view actor_field;  // filled with who asks; empty: none
  std::uint32_t settled_status = 204;
  std::vector<std::uint32_t> statuses;  // one per outcome
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

inline constexpr std::size_t kMaxParams = 8;

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

// A function of a route as a type: lambdas without captures are made anew where they are called.
template <class F>
consteval void check_function() {
  static_assert(kStateless<F>,
                "composable: the functions of a route must not capture; what they may know comes "
                "as arguments");
}

// One `.replies<E>(status, F)`.
template <class E, class F>
struct Outcome {
  using Event = E;
  using Function = F;
};
struct NoFunction {};

template <class C, class Read = NoFunction, class Settled = NoFunction, class... Outcomes>
struct CommandRoute {
  Spec spec;

  // When the command came to an E: the status, and the body from `f`, which takes any of
  // (const E&), (const State&, const E&), with or without a Response& behind. Without `f`: no body.
  template <class E, class F = NoFunction>
  CommandRoute<C, Read, Settled, Outcomes..., Outcome<E, F>> replies(std::uint32_t status,
                                                                     F = {}) && {
    check_function<F>();
    spec.statuses.push_back(status);
    return {std::move(spec)};
  }
  // When everything has ended without any of those: 204 unless said here. `f` takes
  // (const State&) [, Response&].
  template <class F = NoFunction>
  CommandRoute<C, Read, F, Outcomes...> settles(std::uint32_t status, F = {}) && {
    check_function<F>();
    spec.settled_status = status;
    return {std::move(spec)};
  }
  // No body, or an empty one, is as good as {}.
  CommandRoute body_optional() && {
    spec.flags |= COMPOSABLE_ROUTE_BODY_OPTIONAL;
    return {std::move(spec)};
  }
  // The field is who asks; the body must not have it.
  CommandRoute actor_as(std::string_view field) && {
    spec.actor_field = field;
    return {std::move(spec)};
  }
  CommandRoute timeout(std::chrono::milliseconds after) && {
    spec.timeout_ms = static_cast<std::uint32_t>(after.count());
    return {std::move(spec)};
  }
  CommandRoute max_body(std::uint32_t bytes) && {
    spec.max_body = bytes;
    return {std::move(spec)};
  }
};

template <class F>
struct ReadRoute {
  Spec spec;
};

// The functions of a route as the glue calls them; states and requests of one domain.
using ToAction = composable_status (*)(const Spec&, const composable_request*,
                                       composable_command_sink*, composable_error*);
using ToResponse = composable_status (*)(const Spec&, const composable_state*,
                                         const composable_outcome*, composable_response*,
                                         composable_error*);
using ReadState = composable_status (*)(const composable_state*, const composable_request*,
                                        composable_response*, composable_error*);

// A route of one domain without its types.
struct Entry {
  Spec spec;
  std::uint32_t kind = COMPOSABLE_ROUTE_READ;
  std::uint32_t command = 0;
  std::vector<std::uint32_t> outcomes;
  ToAction to_action = nullptr;
  ToResponse to_response = nullptr;
  ReadState read = nullptr;
};

template <class D, class C, class Read, class Settled, class... Outcomes>
Entry make_entry(CommandRoute<C, Read, Settled, Outcomes...>&& route);
template <class D, class F>
Entry make_entry(ReadRoute<F>&& route);

inline Spec command_spec(std::uint32_t method, std::string_view pattern) {
  Spec spec;
  spec.method = method;
  spec.pattern = pattern;
  return spec;
}

}  // namespace route

// The routes of domain D.
template <class D>
class Routes {
 public:
  struct Route {
    template <class R>
    requires requires(R r) { r.spec; }
    Route(R&& r) : entry(route::make_entry<D>(std::forward<R>(r))) {}
    route::Entry entry;
  };

  Routes(std::initializer_list<Route> routes) {
    for (const Route& one : routes) entries_.push_back(one.entry);
  }
  const std::vector<route::Entry>& entries() const { return entries_; }

 private:
  std::vector<route::Entry> entries_;
};

// Command routes. The second form makes the command itself: `f` is C(const Request&) or
// Reply<C>(const Request&), and the pattern's parameters are its own affair.
template <class C>
route::CommandRoute<C> post(route::Pattern<C> pattern) {
  return {route::command_spec(COMPOSABLE_METHOD_POST, pattern.text)};
}
template <class C, class F>
route::CommandRoute<C, F> post(std::string_view pattern, F) {
  route::check_function<F>();
  return {route::command_spec(COMPOSABLE_METHOD_POST, pattern)};
}
template <class C>
route::CommandRoute<C> put(route::Pattern<C> pattern) {
  return {route::command_spec(COMPOSABLE_METHOD_PUT, pattern.text)};
}
template <class C>
route::CommandRoute<C> patch(route::Pattern<C> pattern) {
  return {route::command_spec(COMPOSABLE_METHOD_PATCH, pattern.text)};
}
template <class C>
route::CommandRoute<C> delete_(route::Pattern<C> pattern) {
  return {route::command_spec(COMPOSABLE_METHOD_DELETE, pattern.text)};
}

// A read route: `f` takes (const State&) or (const State&, const Request&), with or without a
// Response& behind, and returns the body or a Reply<body>. Under a microsecond, please: it runs
// between two commands.
template <class F>
route::ReadRoute<F> get(std::string_view pattern, F) {
  route::check_function<F>();
  return {route::command_spec(COMPOSABLE_METHOD_GET, pattern)};
}

}  // namespace composable

#include "composable/route_calls.hpp"
