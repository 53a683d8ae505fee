// The HTTP routes of a domain, one line per route:
//
//   static composable::Routes<Orders> routes() {
//     return {post<PlaceOrder>("").replies<OrderPlaced>(201, &placed),
//             post<ShipOrder>("/:id/ship").replies<OrderShipped>(200, &shipped),
//             get("/:id", &read_order),
//             get<ListOrders>("", &list_orders)};
//   }
//
// A command is read from the body; a parameter `:p` fills the field `p` or the one field that ends
// in `_p`, and the body must not have that field. A query struct, as ListOrders here, is read from
// the parameters of the path in the same way, and its other fields from the URL's query.
//
// A function is a free function, a static member, or a lambda that captures nothing: it gets all it
// needs as arguments. It returns the body, any type with a JSON form, or void. Name an overloaded
// function with a cast, or call it from a lambda.
//
// routes() is called once, at load. The functions run in the domain's serial section, between two
// commands, and must not block. An exception becomes a 500; its text is in the log and not in the
// answer. A body that cannot be read as the command is a 400 with the place and a suggestion.
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
#include "composable/route_spec.hpp"

namespace composable {
namespace route {

template <class C, class Read = NoFunction, class Settled = NoFunction, class... Outcomes>
struct CommandRoute {
  Spec spec;

  // Answers when the command has led to an E: with the status, and the body from `f`, which takes
  // (const E&) or (const State&, const E&), and optionally a Response& last. Without `f` there is
  // no body.
  template <class E, class F = NoFunction>
  CommandRoute<C, Read, Settled, Outcomes..., Outcome<E, F>> replies(std::uint32_t status,
                                                                     F f = {}) && {
    spec.statuses.push_back(status);
    spec.replies.push_back(route::keep(f));
    return {std::move(spec)};
  }
  // Answers when everything has ended without any of those events; the default is 204. `f` takes
  // (const State&) and optionally a Response&.
  template <class F = NoFunction>
  CommandRoute<C, Read, F, Outcomes...> settles(std::uint32_t status, F f = {}) && {
    spec.settled_status = status;
    spec.settled = route::keep(f);
    return {std::move(spec)};
  }
  // Reads a missing or empty body as {}.
  CommandRoute body_optional() && {
    spec.flags |= COMPOSABLE_ROUTE_BODY_OPTIONAL;
    return {std::move(spec)};
  }
  // Fills the field with the actor's id; the body must not have it.
  CommandRoute actor_as(std::string_view field) && {
    spec.actor_field = field;
    return {std::move(spec)};
  }
  // How long a request waits for its outcome; then it is answered with 504, and what it has begun
  // continues. The default is the host's `store.command_ms`.
  CommandRoute timeout(std::chrono::milliseconds after) && {
    spec.timeout_ms = static_cast<std::uint32_t>(after.count());
    return {std::move(spec)};
  }
  // The most bytes of a body; beyond it 413. The default is the host's `http.body_bytes`.
  CommandRoute max_body(std::uint32_t bytes) && {
    spec.max_body = bytes;
    return {std::move(spec)};
  }
};

// `Query` is the struct that path and query are read into, or NoQuery.
template <class Query, class F>
struct ReadRoute {
  Spec spec;
};
struct NoQuery {};

// The functions of a route as the glue calls them; states and requests of one domain.
using ToAction = composable_status (*)(const Spec&, const composable_request*,
                                       composable_command_sink*, composable_error*);
using ToResponse = composable_status (*)(const Spec&, const composable_state*,
                                         const composable_outcome*, composable_response*,
                                         composable_error*);
using ReadState = composable_status (*)(const Spec&, const composable_state*,
                                        const composable_request*, composable_response*,
                                        composable_error*);

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
template <class D, class Query, class F>
Entry make_entry(ReadRoute<Query, F>&& route);

inline Spec make_spec(std::uint32_t method, std::string_view pattern,
                      AnyFunction function = nullptr) {
  Spec spec;
  spec.method = method;
  spec.pattern = pattern;
  spec.function = function;
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

// Command routes. In the second form `f` makes the command: it is C(const Request&) or
// Reply<C>(const Request&), and reads the pattern's parameters itself.
template <class C>
route::CommandRoute<C> post(route::Pattern<C> pattern) {
  return {route::make_spec(COMPOSABLE_METHOD_POST, pattern.text)};
}
template <class C, class F>
route::CommandRoute<C, F> post(std::string_view pattern, F f) {
  return {route::make_spec(COMPOSABLE_METHOD_POST, pattern, route::keep(f))};
}
template <class C>
route::CommandRoute<C> put(route::Pattern<C> pattern) {
  return {route::make_spec(COMPOSABLE_METHOD_PUT, pattern.text)};
}
template <class C>
route::CommandRoute<C> patch(route::Pattern<C> pattern) {
  return {route::make_spec(COMPOSABLE_METHOD_PATCH, pattern.text)};
}
// With an underscore, since delete is a keyword.
template <class C>
route::CommandRoute<C> delete_(route::Pattern<C> pattern) {
  return {route::make_spec(COMPOSABLE_METHOD_DELETE, pattern.text)};
}

// A read route, GET and HEAD: `f` takes (const State&) or (const State&, const Request&), and
// optionally a Response& last, and returns the body or a Reply<body>. It runs between two commands:
// keep it to microseconds.
template <class F>
route::ReadRoute<route::NoQuery, F> get(std::string_view pattern, F f) {
  return {route::make_spec(COMPOSABLE_METHOD_GET, pattern, route::keep(f))};
}
// The same with a query struct: `f` takes (const State&, const Query&), and optionally const
// Request& and Response& after them.
//
//   struct ListOrders {
//     std::string status;                       // required: without ?status=… it is 400
//     std::optional<std::string> after;         // may be left out
//     composable::WithDefault<unsigned, 20> limit;
//   };
//
// The pattern's parameters fill fields as those of a command do; a text that does not fit is 404.
// Every other field is a parameter of the query, by its name: a text, a number, true or false, an
// enumerator or an instant, as in JSON and without quotes. One that is missing or does not fit is
// 400 with its name as `path`. Parameters that the struct does not have are ignored, and of one
// that is given twice the first counts.
template <class Query, class F>
route::ReadRoute<Query, F> get(route::Pattern<Query> pattern, F f) {
  return {route::make_spec(COMPOSABLE_METHOD_GET, pattern.text, route::keep(f))};
}

}  // namespace composable

#include "composable/route_calls.hpp"
