#include "reservations.hpp"

#include <chrono>

#include "composable/testing/test_store.hpp"

namespace {

using namespace std::chrono_literals;
using namespace reservations;
using State = Reservations::State;
using Store = composable::testing::TestStore<Reservations>;

TEST(Reservations, AHoldEndsByItself) {
  Store store;
  store.send(HoldSeat{7, "ann"})
      .appended("seat-7", SeatHeld{7, "ann"})
      .delayed("seat-7", 10min, EndHold{7})
      .state([](State& s) {
        s.taken["7"] = {7, Status::kHeld, "ann"};
      });

  store.advance(10min).received(EndHold{7}).appended("seat-7", SeatFreed{7}).state([](State& s) {
    s.taken.erase("7");
  });
}

TEST(Reservations, BuyingTakesTheDelayBack) {
  Store store;
  store.send(HoldSeat{7, "ann"})
      .appended("seat-7", SeatHeld{7, "ann"})
      .delayed("seat-7", 10min, EndHold{7})
      .state([](State& s) {
        s.taken["7"] = {7, Status::kHeld, "ann"};
      });
  store.send(BuySeat{7, "ann"})
      .appended("seat-7", SeatSold{7, "ann"})
      .cancelled("seat-7")
      .state([](State& s) { s.taken["7"].status = Status::kSold; });

  store.advance(24h);  // nothing arrives
}

// The delay stands in the log, beside the event it was decided with.
TEST(Reservations, ARestartKeepsTheHoldAndItsEnd) {
  Store store;
  store.send(HoldSeat{7, "ann"})
      .appended("seat-7", SeatHeld{7, "ann"})
      .delayed("seat-7", 10min, EndHold{7})
      .state([](State& s) {
        s.taken["7"] = {7, Status::kHeld, "ann"};
      });

  store.restart();
  store.advance(10min).received(EndHold{7}).appended("seat-7", SeatFreed{7}).state([](State& s) {
    s.taken.clear();
  });
}

TEST(Reservations, ASeatIsHeldOnce) {
  Store store;
  store.given("seat-7", SeatHeld{7, "ann"});
  store.send(HoldSeat{7, "bob"}).rejected(SeatTaken{7, Status::kHeld});
  store.send(BuySeat{7, "bob"}).rejected(SeatNotHeld{7, "bob"});
  store.send(HoldSeat{101, "bob"}).rejected(NoSuchSeat{101});
  store.send(EndHold{8});  // of a hold that is over already
}

TEST(Reservations, TheConfigurationSetsSeatsAndTime) {
  Store store(R"({"seats": 2, "hold_s": 5})");
  EXPECT_EQ(store.logged(), std::vector<std::string>{"info seats for sale seats=2 hold_s=5"});
  store.send(HoldSeat{3, "ann"}).rejected(NoSuchSeat{3});
  store.send(HoldSeat{2, "ann"})
      .appended("seat-2", SeatHeld{2, "ann"})
      .delayed("seat-2", 5s, EndHold{2})
      .state([](State& s) {
        s.taken["2"] = {2, Status::kHeld, "ann"};
      });
}

}  // namespace
