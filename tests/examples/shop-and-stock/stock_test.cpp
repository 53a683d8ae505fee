#include "stock.hpp"

#include "composable/testing/test_store.hpp"

namespace {

using namespace stock;
using State = Stock::State;
using Store = composable::testing::TestStore<Stock>;

// What the shop publishes; only the fields count.
struct Sold {
  std::string item;
  std::uint32_t quantity = 0;
};

TEST(Stock, WhatIsSoldLeavesTheStockAndTheLastOneIsTold) {
  Store store;
  store.send(Deliver{"tea", 3}).appended("stock", Delivered{"tea", 3}).state([](State& s) {
    s.left["tea"] = 3;
  });
  store.deliver("shop.sold", Sold{"tea", 1})
      .appended("stock", TakenOut{"tea", 1})
      .state([](State& s) { s.left["tea"] = 2; });
  store.deliver("shop.sold", Sold{"tea", 2})
      .appended("stock", TakenOut{"tea", 2})
      .published("stock.low", RanOut{"tea"})
      .state([](State& s) { s.left["tea"] = 0; });
}

}  // namespace
