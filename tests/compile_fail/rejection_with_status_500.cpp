// expect: the status of a rejection is 400 to 499
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Refused {
  static constexpr auto kind = composable::rejection(500, "NO", "no");
};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {};
  using Action = std::variant<Buy, Bought, Refused>;
  static composable::Effects<Shop> decide(const State&, const Buy&, const composable::Context&) {
    return composable::apply(Bought{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
