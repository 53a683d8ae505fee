// expect: this event is not one of the domain's actions; add it to `Action`
// names: shop::Paid
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Paid {};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {};
  using Action = std::variant<Buy, Bought>;
  static composable::Effects<Shop> decide(const State&, const Buy&, const composable::Context&) {
    return composable::apply(Paid{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
  static void evolve(State&, const Paid&, const composable::Context&) {}
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
