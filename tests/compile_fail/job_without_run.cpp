// expect: this job has no run overload
// names: shop::Fetch
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Fetch {};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {};
  using Action = std::variant<Buy, Bought>;
  static composable::Effects<Shop> decide(const State&, const Buy&, const composable::Context&) {
    return composable::apply(Bought{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
  using Jobs = std::variant<Fetch>;
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
