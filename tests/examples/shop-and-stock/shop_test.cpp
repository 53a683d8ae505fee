#include "shop.hpp"

#include "composable/testing/test_store.hpp"

namespace {

using namespace shop;
using State = Shop::State;
using Store = composable::testing::TestStore<Shop>;

TEST(Shop, ASaleIsToldToTheTopic) {
  Store store;
  store.send(Sell{"tea", 2})
      .appended("sales", Sold{"tea", 2})
      .published("shop.sold", Sold{"tea", 2})
      .state([](State& s) { s.sold = 2; });
}

// What the stock publishes, with a field that the shop does not know.
struct RanOut {
  std::string item;
  int since = 0;
};

TEST(Shop, WhatRunsOutIsNotSold) {
  Store store;
  store.deliver("stock.low", RanOut{"tea", 3})
      .appended("sales", TakenOffSale{"tea"})
      .state([](State& s) { s.off_sale = {"tea"}; });
  store.send(Sell{"tea", 1}).rejected(NotOnSale{"tea"});
  store.deliver("stock.low", RanOut{"tea", 4});  // again: nothing
}

}  // namespace
