// expect: this member has no wire form: it borrows its text; use std::string
// names: shop::Coin
// names: "by"|value.by
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct Coin {
  std::uint32_t value_of = 0;
  std::string_view by;
};
struct Paid {
  std::string who;
  std::map<std::string, std::vector<Coin>> coins;
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
