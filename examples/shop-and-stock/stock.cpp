#include "stock.hpp"

namespace stock {

Stock::Effects Stock::decide(const State&, const Deliver& c, const Context&) {
  return composable::append("stock", Delivered{c.item, c.quantity});
}

Stock::Effects Stock::decide(const State& s, const TakeOut& c, const Context&) {
  Effects effects{composable::append("stock", TakenOut{c.item, c.quantity})};
  const auto found = s.left.find(c.item);
  const std::int64_t left = (found == s.left.end() ? 0 : found->second) - c.quantity;
  if (left <= 0) effects.add(composable::publish("stock.low", RanOut{c.item}));
  return effects;
}

void Stock::evolve(State& s, const Delivered& e, const Context&) { s.left[e.item] += e.quantity; }
void Stock::evolve(State& s, const TakenOut& e, const Context&) { s.left[e.item] -= e.quantity; }

composable::Topics<Stock> Stock::topics() { return {composable::subscribe<TakeOut>("shop.sold")}; }

composable::Routes<Stock> Stock::routes() {
  constexpr auto left = [](const State& s, const auto&...) { return s.left; };
  return {composable::post<Deliver>("").replies<Delivered>(200, left), composable::get("", left)};
}

}  // namespace stock

COMPOSABLE_PLUGIN(stock::Stock)
