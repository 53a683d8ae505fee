// The shop sells items. It publishes on shop.sold, and subscribes to stock.low to learn what runs
// out. Shows: publish, subscribe.
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "composable/plugin.hpp"

namespace shop {

struct Sell {
  std::string item;
  std::uint32_t quantity = 1;
};
// What arrives on stock.low, as a command of the shop's own with the fields that it needs.
struct NoteLow {
  static constexpr auto kind = composable::internal();
  std::string item;
};

struct Sold {
  static constexpr auto kind = composable::event().is_public();
  std::string item;
  std::uint32_t quantity = 0;
};
struct TakenOffSale {
  static constexpr auto kind = composable::event().is_public();
  std::string item;
};
struct NotOnSale {
  static constexpr auto kind = composable::rejection(409, "NOT_ON_SALE", "{item} is not on sale");
  std::string item;
};

struct Shop {
  static constexpr auto kName = "shop";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;

  struct State {
    std::uint64_t sold = 0;
    std::vector<std::string> off_sale;
  };
  using Action = std::variant<Sell, NoteLow, Sold, TakenOffSale, NotOnSale>;
  using Effects = composable::Effects<Shop>;
  using Context = composable::Context;

  static Effects decide(const State&, const Sell&, const Context&);
  static Effects decide(const State&, const NoteLow&, const Context&);
  static void evolve(State&, const Sold&, const Context&);
  static void evolve(State&, const TakenOffSale&, const Context&);
  static composable::Topics<Shop> topics();
  static composable::Routes<Shop> routes();
};

}  // namespace shop
