// expect: the message of this rejection names a field in {braces}
// names: shop::Refused
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Refused {
  static constexpr auto kind = composable::rejection(400, "NO", "{why} not");
  std::string reason;
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
