// Which action fits which verb, in sentences for who wrote the domain. Compile time only; included
// by the headers that define verbs.
#pragma once
#include "composable/abi/action.h"
#include "composable/domain.hpp"

namespace composable::effect {

template <class D, class A>
composable_action native(const A& action) {
  return {domain::kNumber<D, A>, COMPOSABLE_FORM_NATIVE, &action, sizeof(A)};
}

// Instantiated for every event that is appended or applied; the compiler names both in its notes.
template <class D, class E>
struct EventCase {
  static_assert(domain::kHasAction<D, E>,
                "composable: this event is not one of the domain's actions; add it to `Action`");
  static_assert(!domain::kHasAction<D, E> || domain::kIsEvent<D, E>,
                "composable: append, apply, announce and publish take events; use send for a "
                "command and reject for a rejection");
};

template <class D, class E>
struct EvolvedEventCase : EventCase<D, E> {
  static_assert(!domain::kHasAction<D, E> || domain::Evolves<D, E>,
                "composable: this event has no evolve overload; write `static void evolve(State&, "
                "const E&, const composable::Context&)` in the domain");
};

template <class D, class A>
struct SentCase {
  static_assert(domain::kHasAction<D, A>,
                "composable: this action is not one of the domain's; add it to `Action`");
  static_assert(!domain::kHasAction<D, A> || domain::kGoesToDecide<D, A>,
                "composable: send and delay take commands and internal actions; use append, apply "
                "or announce for an event and reject for a rejection");
};

}  // namespace composable::effect
