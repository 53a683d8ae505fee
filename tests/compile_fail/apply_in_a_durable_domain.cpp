// expect: apply is for ephemeral domains and this one is durable; use append
// names: shop::Bought
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::durable;
  struct State {};
  using Action = std::variant<Buy, Bought>;
  static composable::Effects<Shop> decide(const State&, const Buy&, const composable::Context&) {
    return composable::apply(Bought{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
