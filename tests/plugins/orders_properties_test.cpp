// Properties of orders that hold for every history, tried with random ones.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "composable/testing/diff.hpp"
#include "composable/testing/recorder.hpp"
#include "driven.hpp"
#include "reducer.hpp"

namespace {

using namespace orders;
using composable::testing::Recorded;
using composable::testing::Recorder;
using composable::testing::Verb;

rc::Gen<std::string> text() {
  return rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('!', '~')));
}

rc::Gen<Item> item() {
  return rc::gen::build<Item>(
      rc::gen::set(&Item::product_id, text()), rc::gen::set(&Item::name, text()),
      rc::gen::set(&Item::quantity, rc::gen::inRange<std::uint32_t>(1, 1000)),
      rc::gen::set(&Item::unit_price_cents, rc::gen::inRange<std::int64_t>(0, 1'000'000)));
}

rc::Gen<PlaceOrder> good_order() {
  return rc::gen::build<PlaceOrder>(
      rc::gen::set(&PlaceOrder::customer_id, text()),
      rc::gen::set(&PlaceOrder::items,
                   rc::gen::nonEmpty(rc::gen::container<std::vector<Item>>(item()))));
}

// A small host: decides through the table, evolves at once, keeps the log.
class World {
 public:
  struct Logged {
    Recorded event;
    std::int64_t at_us;
  };

  template <class A>
  std::vector<Recorded> send(const A& action) {
    now_us_ += 1'000'000;
    domain_.context.recorded_at_us = now_us_;
    domain_.context.random[0] = static_cast<std::uint64_t>(now_us_);
    Recorder recorder(domain_.table);
    const composable_action native = Driven<Orders>::native(action);
    const auto status = domain_.table.decide(domain_.state, &native, &domain_.context,
                                             recorder.sink(), &domain_.fresh());
    RC_ASSERT(status == COMPOSABLE_OK);
    for (const Recorded& effect : recorder.effects()) {
      if (effect.verb == Verb::kAppend) log_.push_back({effect, now_us_});
      if (effect.verb == Verb::kAppend) evolve(domain_, log_.back());
    }
    return recorder.effects();
  }
  const State& state() const { return composable::glue::instance<Orders>(domain_.state).state; }
  const std::vector<Logged>& log() const { return log_; }

  static void evolve(Driven<Orders>& domain, const Logged& logged) {
    domain.context.recorded_at_us = logged.at_us;
    const composable_action event = Driven<Orders>::json(logged.event.type, logged.event.json);
    RC_ASSERT(domain.evolve(event) == COMPOSABLE_OK);
  }

 private:
  Driven<Orders> domain_;
  std::vector<Logged> log_;
  std::int64_t now_us_ = 0;
};

template <class E>
bool is(const Recorded& effect) {
  return effect.type == composable::domain::kNumber<Orders, E>;
}

// A history of `steps` commands, good and bad, on few orders.
void live(World& world, int steps) {
  std::vector<std::string> ids{"order-unknown"};
  for (int i = 0; i < steps; ++i) {
    const std::string id = ids[*rc::gen::inRange<std::size_t>(0, ids.size())];
    switch (*rc::gen::inRange(0, 4)) {
      case 0: {
        const auto effects = world.send(*good_order());
        ids.push_back(effects.at(0).name);
        break;
      }
      case 1:
        world.send(ShipOrder{id, *text()});
        break;
      case 2:
        world.send(CancelOrder{id, *text()});
        break;
      default:
        world.send(PlaceOrder{"", {}});
        break;
    }
  }
}

RC_GTEST_PROP(OrdersProperties, TheTotalIsTheSumOfItsItems, ()) {
  World world;
  const PlaceOrder order = *good_order();
  const auto effects = world.send(order);
  RC_ASSERT(effects.size() == 1u);
  std::int64_t sum = 0;
  for (const Item& one : order.items) sum += one.quantity * one.unit_price_cents;
  RC_ASSERT(world.state().orders.at(effects[0].name).total_cents == sum);
}

RC_GTEST_PROP(OrdersProperties, EveryDecisionIsOneEventOrOneRefusal, ()) {
  World world;
  live(world, 20);
  RC_ASSERT(world.send(ShipOrder{"order-unknown", "t"}).size() == 1u);
  RC_ASSERT(world.send(*good_order()).size() == 1u);
}

RC_GTEST_PROP(OrdersProperties, OnlyAPlacedOrderIsShippedOrCancelled, ()) {
  World world;
  live(world, 30);
  const auto before = world.state();
  for (const auto& [id, order] : before.orders) {
    const bool cancel = *rc::gen::arbitrary<bool>();
    const auto effects = cancel ? world.send(CancelOrder{id, {}}) : world.send(ShipOrder{id, "t"});
    RC_ASSERT(effects.size() == 1u);
    const bool moved = effects[0].verb == Verb::kAppend;
    RC_ASSERT(moved == (order.status == Status::kPlaced));
    RC_ASSERT(moved || is<InvalidOrderState>(effects[0]));
  }
}

RC_GTEST_PROP(OrdersProperties, ReplayMakesTheLiveState, ()) {
  World world;
  live(world, 40);
  Driven<Orders> replayed;
  replayed.context.flags = COMPOSABLE_CONTEXT_REPLAYING;
  for (const World::Logged& logged : world.log()) World::evolve(replayed, logged);
  const State& again = composable::glue::instance<Orders>(replayed.state).state;
  RC_ASSERT(composable::testing::diff(world.state(), again).empty());
}

RC_GTEST_PROP(OrdersProperties, EveryStreamIsItsOrder, ()) {
  World world;
  live(world, 30);
  for (const World::Logged& logged : world.log()) {
    RC_ASSERT(world.state().orders.contains(logged.event.name));
  }
  std::size_t placed = 0;
  for (const World::Logged& logged : world.log()) placed += is<OrderPlaced>(logged.event);
  RC_ASSERT(world.state().orders.size() == placed);
}

RC_GTEST_PROP(OrdersProperties, ARefusalMovesNothing, ()) {
  World world;
  live(world, 20);
  const State before = world.state();
  PlaceOrder bad = *good_order();
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      bad.customer_id = " ";
      break;
    case 1:
      bad.items.clear();
      break;
    case 2:
      bad.items.back().quantity = 0;
      break;
    default:
      bad.items.back().unit_price_cents = *rc::gen::inRange<std::int64_t>(-1000, 0);
      break;
  }
  const auto effects = world.send(bad);
  RC_ASSERT(effects.size() == 1u && is<OrderValidationFailed>(effects[0]));
  RC_ASSERT(composable::testing::diff(before, world.state()).empty());
}

}  // namespace
