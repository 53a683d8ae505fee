// The stock counts what is left of each item. It subscribes to shop.sold, and publishes on
// stock.low when nothing is left. It knows nothing of the shop.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "composable/plugin.hpp"

namespace stock {

struct Deliver {
  std::string item;
  std::uint32_t quantity = 0;
};
// What arrives on shop.sold.
struct TakeOut {
  static constexpr auto kind = composable::internal();
  std::string item;
  std::uint32_t quantity = 0;
};

struct Delivered {
  std::string item;
  std::uint32_t quantity = 0;
};
struct TakenOut {
  std::string item;
  std::uint32_t quantity = 0;
};
// Only published on the topic: it changes no state here.
struct RanOut {
  static constexpr auto kind = composable::event().announced();
  std::string item;
};

struct Stock {
  static constexpr auto kName = "stock";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;

  struct State {
    std::map<std::string, std::int64_t> left;  // below 0: sold, and not there
  };
  using Action = std::variant<Deliver, TakeOut, Delivered, TakenOut, RanOut>;
  using Effects = composable::Effects<Stock>;
  using Context = composable::Context;

  static Effects decide(const State&, const Deliver&, const Context&);
  static Effects decide(const State&, const TakeOut&, const Context&);
  static void evolve(State&, const Delivered&, const Context&);
  static void evolve(State&, const TakenOut&, const Context&);
  static composable::Topics<Stock> topics();
  static composable::Routes<Stock> routes();
};

}  // namespace stock
