// expect: this action has neither a decide nor an evolve overload
// names: shop::Pay
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Pay {};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {};
  using Action = std::variant<Buy, Bought, Pay>;
  static composable::Effects<Shop> decide(const State&, const Buy&, const composable::Context&) {
    return composable::apply(Bought{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
