#include "meters.hpp"

#include "composable/testing/test_store.hpp"

namespace {

using namespace meters;
using State = Meters::State;
using Store = composable::testing::TestStore<Meters>;

// `count` readings of 1 Wh.
void install(Store& store, const std::string& meter, int count) {
  store.given("meter-" + meter, Installed{meter});
  for (int n = 0; n < count; ++n) store.given("meter-" + meter, Reading{meter, 1});
}

AddUp page(const Store& store, const std::string& meter, std::uint64_t from, std::uint64_t to,
           std::uint64_t position, bool more) {
  AddUp up{"meter-" + meter, {}, more};
  for (std::uint64_t version = from; version <= to; ++version) {
    up.events.push_back({"Reading", version, position++, store.now(),
                         composable::Json{composable::to_json(Reading{meter, 1})}});
  }
  return up;
}

TEST(Meters, AComparisonReadsBothStreamsAndThenConcludes) {
  Store store;
  install(store, "a", 2);
  install(store, "b", 3);
  store.send(Compare{"a", "b"})
      .loaded("meter-a")
      .loaded("meter-b")
      .received(page(store, "a", 2, 3, 2, false))
      .appended("sums", AddedUp{"a", 3, 2})
      .state([](State& s) {
        s.meters["a"] = {3, 2};
      })
      .received(page(store, "b", 2, 4, 5, false))
      .appended("sums", AddedUp{"b", 4, 3})
      .state([](State& s) {
        s.meters["b"] = {4, 3};
      })
      .received(Conclude{"a", "b"})
      .announced(Compared{"a", 2, "b", 3});
}

TEST(Meters, ALongStreamIsReadPageByPage) {
  Store store;
  install(store, "a", 120);
  install(store, "b", 0);
  store.send(Compare{"a", "b"})
      .loaded("meter-a")
      .loaded("meter-b")
      .received(page(store, "a", 2, 101, 2, true))
      .appended("sums", AddedUp{"a", 101, 100})
      .loaded("meter-a")
      .state([](State& s) {
        s.meters["a"] = {101, 100};
      })
      .received(AddUp{"meter-b", {}, false})
      .received(page(store, "a", 102, 121, 102, false))
      .appended("sums", AddedUp{"a", 121, 120})
      .state([](State& s) {
        s.meters["a"] = {121, 120};
      })
      .received(Conclude{"a", "b"})  // after the second page too
      .announced(Compared{"a", 120, "b", 0});
}

TEST(Meters, AMeterIsInstalledOnceAndHasAName) {
  Store store;
  store.send(Install{""}).rejected(NotAName{});
  store.send(Install{"a\n"}).rejected(NotAName{});
  store.send(Install{std::string(41, 'a')}).rejected(NotAName{});
  store.send(Read{"a", 5}).rejected(UnknownMeter{"a"});
  store.send(Install{"a"}).appended("meter-a", Installed{"a"}).state([](State& s) {
    s.meters["a"] = {};
  });
}

}  // namespace
