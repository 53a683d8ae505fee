// The functions that call a route's own functions: the implementation of routes.hpp, which
// includes this.
#pragma once
#include "composable/instance.hpp"
#include "composable/routes.hpp"

namespace composable::route {

// Not templates: sdk/src/routes.cpp.
// Fills `command` from body, path parameters and actor.
composable_status read_command(const Spec& spec, const Type& type, void* command,
                               const composable_request* request, composable_error* error);
// Fills `query` from path parameters and the URL's query.
composable_status read_query(const Spec& spec, const Type& type, void* query,
                             const composable_request* request, composable_error* error);
composable_status write_body(const Type& type, const void* body, composable_response* response,
                             composable_error* error);

template <class T>
inline constexpr bool kIsReply = false;
template <class T>
inline constexpr bool kIsReply<Reply<T>> = true;

template <class T>
composable_status answer(const T& body, composable_response* response, composable_error* error) {
  if constexpr (kIsReply<T>) {
    if (const auto* missing = body.not_found()) {
      set_error(error, missing->message, missing->path);
      return COMPOSABLE_E_NOT_FOUND;
    }
    if (const auto* bad = body.bad_request()) {
      set_error(error, bad->message, bad->path);
      return COMPOSABLE_E_INVALID;
    }
    return answer(*body.value(), response, error);
  } else if constexpr (std::is_pointer_v<T>) {
    return answer(*body, response, error);
  } else {
    return write_body(type_of<T>(), &body, response, error);
  }
}

// Calls the function that was kept as `any` and writes what it returns.
template <class F, class... Args>
composable_status call(AnyFunction any, Response& response, composable_response* raw,
                       composable_error* error, const Args&... args) {
  composable_status status = COMPOSABLE_OK;
  const auto run = [&](auto&&... all) {
    if constexpr (std::is_void_v<std::invoke_result_t<F, decltype(all)...>>) {
      kept<F>(any)(all...);
    } else {
      status = answer(kept<F>(any)(all...), raw, error);
    }
  };
  if constexpr (std::is_invocable_v<F, const Args&..., Response&>) {
    run(args..., response);
  } else {
    run(args...);
  }
  return status < 0 ? status : response.failure();
}

template <class F, class... Args>
inline constexpr bool kTakes =
    std::is_invocable_v<F, const Args&...> || std::is_invocable_v<F, const Args&..., Response&>;

// The answer to a wait that ended in an E.
template <class D, class E, class F>
composable_status reply(AnyFunction any, const glue::Instance<D>& instance,
                        const composable_action& action, Response& response,
                        composable_response* raw, composable_error* error) {
  if constexpr (std::is_same_v<F, NoFunction>) {
    return response.failure();
  } else {
    E decoded{};
    const E* event = static_cast<const E*>(action.data);
    if (action.form == COMPOSABLE_FORM_JSON) {
      const std::string_view json = glue::json_of(action);
      event = instance.last.template find<E>(json);
      if (event == nullptr) {
        if (!decode(type_of<E>(), &decoded, json, kStored, error)) return COMPOSABLE_E_INVALID;
        event = &decoded;
      }
    }
    if constexpr (kTakes<F, E>) {
      return call<F>(any, response, raw, error, *event);
    } else {
      return call<F>(any, response, raw, error, instance.state, *event);
    }
  }
}

template <class D, class C, class Read>
composable_status to_action(const Spec& spec, const composable_request* request,
                            composable_command_sink* sink, composable_error* error) {
  const auto send = [&](const C& command) {
    const composable_action action{domain::kNumber<D, C>, COMPOSABLE_FORM_NATIVE, &command,
                                   sizeof(C)};
    return sink->send(sink, &action);
  };
  if constexpr (std::is_same_v<Read, NoFunction>) {
    C command{};
    const composable_status status = read_command(spec, type_of<C>(), &command, request, error);
    return status < 0 ? status : send(command);
  } else {
    const auto made = kept<Read>(spec.function)(Request(*request));
    if constexpr (kIsReply<std::remove_cvref_t<decltype(made)>>) {
      if (made.value() != nullptr) return send(*made.value());
      return answer(made, nullptr, error);
    } else {
      return send(made);
    }
  }
}

template <class D, class Settled, class... Outcomes>
composable_status to_response(const Spec& spec, const composable_state* state,
                              const composable_outcome* outcome, composable_response* raw,
                              composable_error* error) {
  const glue::Instance<D>& instance = glue::instance<D>(state);
  Response response(*raw);
  if (outcome->kind != COMPOSABLE_OUTCOME_MATCHED) {
    response.status(spec.settled_status);
    if constexpr (std::is_same_v<Settled, NoFunction>) {
      return response.failure();
    } else {
      return call<Settled>(spec.settled, response, raw, error, instance.state);
    }
  }
  composable_status status = COMPOSABLE_E_UNSUPPORTED;
  std::size_t i = 0;
  [[maybe_unused]] const auto matches = [&]<class E, class F>(Outcome<E, F>) {
    const std::size_t at = i++;
    if (domain::kNumber<D, E> != outcome->action->type) return false;
    response.status(spec.statuses[at]);
    status = reply<D, E, F>(spec.replies[at], instance, *outcome->action, response, raw, error);
    return true;
  };
  static_cast<void>((matches(Outcomes{}) || ...));
  return status;
}

// Whether a field of a query struct can be written in a URL.
template <class Wired>
consteval bool is_query_value() {
  using T = typename schema::Wire<Wired>::Inner;
  if constexpr (schema::kIsA<T, std::optional>) {
    return is_query_value<typename T::value_type>();
  } else {
    return std::is_same_v<T, bool> || schema::kIsInteger<T> || std::is_same_v<T, double> ||
           std::is_same_v<T, std::string> || std::is_same_v<T, Timestamp> || std::is_enum_v<T>;
  }
}
template <class Query>
consteval bool is_query() {
  return []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return (is_query_value<reflect::FieldType<Query, kIndex>>() && ...);
  }
  (std::make_index_sequence<reflect::kFieldCount<Query>>());
}

template <class D, class Query, class F>
composable_status read(const Spec& spec, const composable_state* self,
                       const composable_request* request, composable_response* raw,
                       composable_error* error) {
  using State = typename D::State;
  const State& state = glue::instance<D>(self).state;
  Response response(*raw);
  if constexpr (!std::is_same_v<Query, NoQuery>) {
    Query query{};
    const auto status = read_query(spec, type_of<Query>(), &query, request, error);
    if (status < 0) return status;
    if constexpr (kTakes<F, State, Query>) {
      return call<F>(spec.function, response, raw, error, state, query);
    } else {
      return call<F>(spec.function, response, raw, error, state, query, Request(*request));
    }
  } else {
    if constexpr (kTakes<F, State>) {
      return call<F>(spec.function, response, raw, error, state);
    } else {
      return call<F>(spec.function, response, raw, error, state, Request(*request));
    }
  }
}

// What is wrong with a route, in sentences.
template <class D, class E, class F>
struct OutcomeCase {
  static_assert(domain::kHasAction<D, E>,
                "composable: replies<E> names something that is not one of the domain's actions");
  static_assert(std::is_same_v<F, NoFunction> || kTakes<F, E> || kTakes<F, typename D::State, E>,
                "composable: the function of replies<E> takes (const E&) or (const State&, const "
                "E&), with or without a composable::Response& behind");
};
template <class D, class C, class Make, class Settled>
struct CommandCase {
  static_assert(domain::kHasAction<D, C>,
                "composable: the command of this route is not one of the domain's actions; add it "
                "to `Action`");
  static_assert(!domain::kHasAction<D, C> || domain::kGoesToDecide<D, C>,
                "composable: post, put, patch and delete_ take a command; this is an event or a "
                "rejection");
  static_assert(std::is_same_v<Make, NoFunction> || std::is_invocable_v<Make, const Request&>,
                "composable: the function of a command route takes (const composable::Request&)");
  static_assert(std::is_same_v<Settled, NoFunction> || kTakes<Settled, typename D::State>,
                "composable: the function of settles takes (const State&), with or without a "
                "composable::Response& behind");
};
template <class D, class Query, class F>
struct QueryCase {
  static_assert(is_query<Query>(),
                "composable: a field of this query struct has no form in a URL; use bool, an "
                "integer, double, std::string, an enum class or composable::Timestamp, or a "
                "std::optional or composable::WithDefault of one");
  static_assert(kTakes<F, typename D::State, Query> || kTakes<F, typename D::State, Query, Request>,
                "composable: the function of get<Query> takes (const State&, const Query&), then "
                "const composable::Request& and composable::Response& as it likes");
};
template <class D, class F>
struct QueryCase<D, NoQuery, F> {
  static_assert(kTakes<F, typename D::State> || kTakes<F, typename D::State, Request>,
                "composable: the function of get takes (const State&) or (const State&, const "
                "composable::Request&), with or without a composable::Response& behind");
};

template <class D, class C, class Read, class Settled, class... Outcomes>
Entry make_entry(CommandRoute<C, Read, Settled, Outcomes...>&& route) {
  static_assert(sizeof(CommandCase<D, C, Read, Settled>) != 0);
  static_assert((
      (sizeof(OutcomeCase<D, typename Outcomes::Event, typename Outcomes::Function>) != 0) && ...));
  Entry entry;
  entry.spec = std::move(route.spec);
  entry.kind = COMPOSABLE_ROUTE_COMMAND;
  entry.command = domain::kNumber<D, C>;
  entry.outcomes = {domain::kNumber<D, typename Outcomes::Event>...};
  entry.to_action = &to_action<D, C, Read>;
  entry.to_response = &to_response<D, Settled, Outcomes...>;
  return entry;
}

template <class D, class Query, class F>
Entry make_entry(ReadRoute<Query, F>&& route) {
  static_assert(sizeof(QueryCase<D, Query, F>) != 0);
  Entry entry;
  entry.spec = std::move(route.spec);
  entry.read = &read<D, Query, F>;
  return entry;
}

}  // namespace composable::route
