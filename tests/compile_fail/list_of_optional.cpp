// expect: std::optional stands for a member that may be absent
// names: shop::Paid
// names: "sums"|value.sums
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Paid {
  std::vector<std::optional<int>> sums;
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
