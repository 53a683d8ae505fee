// The rules of @domain@, without a host. Whatever a step leads to must be claimed, or it fails.
#include "@file@.hpp"

#include "composable/testing/test_store.hpp"

namespace {

using State = @Domain@::State;
using Store = composable::testing::TestStore<@Domain@>;

TEST(@Domain@, AddingAppendsAnEventThatMovesTheTotal) {
  Store store;
  store.given("@domain@", Added{2});

  store.send(Add{3}).appended("@domain@", Added{3}).state([](State& s) { s.total = 5; });
}

TEST(@Domain@, TheTotalStaysInItsRange) {
  Store store;
  store.given("@domain@", Added{2});

  store.send(Add{-3}).rejected(OutOfRange{-3});
  store.reloads();  // from a snapshot
  store.send(Add{999'999}).rejected(OutOfRange{999'999});
}

}  // namespace
