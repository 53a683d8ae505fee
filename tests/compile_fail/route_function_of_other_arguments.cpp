// expect: the function of replies<E> takes (const E&) or
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
    return composable::apply(Bought{});
  }
  static void evolve(State&, const Bought&, const composable::Context&) {}
  static composable::Routes<Shop> routes() {
    return {composable::post<Buy>("").replies<Bought>(200, [](int, int, int) { return 1; })};
  }
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
