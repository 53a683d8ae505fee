#include "shop.hpp"

#include <algorithm>

namespace shop {
namespace {

bool is_off_sale(const Shop::State& s, const std::string& item) {
  return std::find(s.off_sale.begin(), s.off_sale.end(), item) != s.off_sale.end();
}

}  // namespace

// The event is published after it is durable, and not at all when its commit fails.
Shop::Effects Shop::decide(const State& s, const Sell& c, const Context&) {
  if (is_off_sale(s, c.item)) return composable::reject(NotOnSale{c.item});
  const Sold sold{c.item, c.quantity};
  return {composable::append("sales", sold), composable::publish("shop.sold", sold)};
}

// The same message may be meant twice, so the second changes nothing.
Shop::Effects Shop::decide(const State& s, const NoteLow& c, const Context&) {
  if (is_off_sale(s, c.item)) return composable::none;
  return composable::append("sales", TakenOffSale{c.item});
}

void Shop::evolve(State& s, const Sold& e, const Context&) { s.sold += e.quantity; }
void Shop::evolve(State& s, const TakenOffSale& e, const Context&) { s.off_sale.push_back(e.item); }

composable::Topics<Shop> Shop::topics() { return {composable::subscribe<NoteLow>("stock.low")}; }

composable::Routes<Shop> Shop::routes() {
  return {composable::post<Sell>("").replies<Sold>(201, [](const Sold& e) { return e; }),
          composable::get("", [](const State& s) { return s; })};
}

}  // namespace shop

COMPOSABLE_PLUGIN(shop::Shop)
