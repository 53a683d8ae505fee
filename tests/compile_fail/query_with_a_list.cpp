// expect: a field of this query struct has no form in a URL
// names: shop::List
#include "composable/plugin.hpp"

namespace shop {

struct Buy {};
struct Bought {};
struct List {
  std::vector<std::string> tags;
};

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
    return {composable::get<List>("", [](const State&, const List& l) { return l.tags; })};
  }
};

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
