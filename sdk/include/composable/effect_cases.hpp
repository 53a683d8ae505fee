// The static_asserts about which action fits which verb, as sentences for the author of the
// domain. Compile time only; included by the headers that define verbs.
#pragma once
#include "composable/abi/action.h"
#include "composable/domain.hpp"

namespace composable::effect {

template <class D, class A>
composable_action native(const A& action) {
  return {domain::kNumber<D, A>, COMPOSABLE_FORM_NATIVE, &action, sizeof(A)};
}

// Each case is instantiated where a verb becomes an effect of domain D, so that the compiler names
// the domain and the action right above the sentence.
template <class D, class E>
struct EventCase {
  static_assert(domain::kHasAction<D, E>,
                "composable: this event is not one of the domain's actions; add it to `Action`");
  static_assert(!domain::kHasAction<D, E> || domain::kIsEvent<D, E>,
                "composable: append, apply, announce and publish take events; use send for a "
                "command and reject for a rejection");
};

template <class D, class E>
struct AppendCase : EventCase<D, E> {
  static_assert(D::kStorage == durable,
                "composable: append is for durable domains and this one is ephemeral; use apply, "
                "or declare `kStorage = composable::durable`");
  static_assert(!domain::kHasAction<D, E> || !domain::kIsEvent<D, E> || domain::Evolves<D, E>,
                "composable: this event has no evolve overload; write `static void evolve(State&, "
                "const E&, const composable::Context&)` in the domain");
};

template <class D, class E>
struct ApplyCase : EventCase<D, E> {
  static_assert(D::kStorage == ephemeral,
                "composable: apply is for ephemeral domains and this one is durable; use "
                "append(stream, event), or declare `kStorage = composable::ephemeral`");
  static_assert(!domain::kHasAction<D, E> || !domain::kIsEvent<D, E> || domain::Evolves<D, E>,
                "composable: this event has no evolve overload; write `static void evolve(State&, "
                "const E&, const composable::Context&)` in the domain");
};

template <class D, class R>
struct RejectCase {
  static_assert(domain::kHasAction<D, R>,
                "composable: this rejection is not one of the domain's actions; add it to "
                "`Action`");
  static_assert(domain::kDeclared<R, RejectionKind>,
                "composable: reject takes a rejection; declare its `kind` with "
                "composable::rejection(status, code, message)");
};

template <class D, class A>
struct SentCase {
  static_assert(domain::kHasAction<D, A>,
                "composable: this action is not one of the domain's; add it to `Action`");
  static_assert(!domain::kHasAction<D, A> || domain::kGoesToDecide<D, A>,
                "composable: send and delay take commands and internal actions; use append, apply "
                "or announce for an event and reject for a rejection");
};

template <class D, class J>
struct StartedCase {
  static_assert(domain::kIndexIn<J, typename domain::JobsOf<D>::type> != 0xffffffff,
                "composable: this is not the input of one of the domain's jobs; add it to `using "
                "Jobs = std::variant<…>`");
};

// Returned from decide, and none of the verbs.
template <class D, class A>
struct ReturnedCase {
  static constexpr bool kEvent = domain::kHasAction<D, A> && domain::kIsEvent<D, A>;
  static constexpr bool kRejection = domain::kDeclared<A, RejectionKind>;
  static constexpr bool kSendable = domain::kHasAction<D, A> && domain::kGoesToDecide<D, A>;
  static_assert(!kEvent || D::kStorage != durable,
                "composable: decide returns effects, and this is an event; write `return "
                "composable::append(stream, event);`");
  static_assert(!kEvent || D::kStorage != ephemeral,
                "composable: decide returns effects, and this is an event; write `return "
                "composable::apply(event);`");
  static_assert(!kRejection,
                "composable: decide returns effects, and this is a rejection; write `return "
                "composable::reject(rejection);`");
  static_assert(!kSendable,
                "composable: decide returns effects, and this is a command; write `return "
                "composable::send(command);`");
  static_assert(kEvent || kRejection || kSendable,
                "composable: decide returns effects, and this is none; write `return "
                "composable::append(stream, event);` or another verb of composable/effects.hpp");
};

// All of them.
template <class... Case>
struct Cases {
  static_assert(((sizeof(Case) != 0) && ...));
};

}  // namespace composable::effect
