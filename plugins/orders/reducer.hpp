// The orders domain: placed, then shipped or cancelled. Decisions are in reducer.cpp, the HTTP face
// in routes.cpp.
#pragma once
#include "actions.hpp"
#include "composable/effects.hpp"
#include "state.hpp"

namespace composable {
template <class D>
class Routes;
}

namespace orders {

struct Orders {
  static constexpr auto kName = "orders";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;

  using State = orders::State;
  using Action = orders::Action;
  using Effects = composable::Effects<Orders>;
  using Context = composable::Context;

  static Effects decide(const State&, const PlaceOrder&, const Context&);
  static Effects decide(const State&, const CancelOrder&, const Context&);
  static Effects decide(const State&, const ShipOrder&, const Context&);

  static void evolve(State&, const OrderPlaced&, const Context&);
  static void evolve(State&, const OrderCancelled&, const Context&);
  static void evolve(State&, const OrderShipped&, const Context&);

  static composable::Routes<Orders> routes();
};

}  // namespace orders
