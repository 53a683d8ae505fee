// expect: this member is a std::vector<bool>, which has no wire form
// names: "flags"|value.flags
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Paid {
  std::vector<bool> flags;
};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {};
  using Action = std::variant<Buy, Bought, Paid>;
  static composable::Effects<Shop> decide(const State&, const Buy&, const composable::Context&) {
    return composable::apply(Bought{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
  static void evolve(State&, const Paid&, const composable::Context&) {}
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
