// expect: send and delay take commands and internal actions
// names: shop::Bought
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {};
  using Action = std::variant<Buy, Bought>;
  static composable::Effects<Shop> decide(const State&, const Buy&, const composable::Context&) {
    return composable::send(Bought{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
