#include "trips.hpp"

#include <chrono>

#include "composable/testing/test_store.hpp"

namespace {

using namespace std::chrono_literals;
using namespace trips;
using State = Trips::State;
using Store = composable::testing::TestStore<Trips>;

// Books a trip up to its first question; returns its id.
std::string request(Store& store, const std::string& city) {
  store.send(BookTrip{city});
  const std::string id = store.pending<TripRequested>()->trip_id;
  store.appended("trip-" + id, TripRequested{id, city})
      .delayed(id, 30s, RetryStep{id, Step::kBookRoom})
      .started(AskSupplier{id, Step::kBookRoom, city}, id)
      .state([&](State& s) {
        s.trips[id] = {id, city, Step::kBookRoom, 0, ""};
      });
  return id;
}

// The room is there, and the seat is asked for.
void book_room(Store& store, const std::string& id, const std::string& city) {
  store.run_jobs()
      .received(NoteAnswer{id, Step::kBookRoom, true})
      .appended("trip-" + id, RoomBooked{id})
      .delayed(id, 30s, RetryStep{id, Step::kBookSeat})
      .started(AskSupplier{id, Step::kBookSeat, city}, id)
      .state([&](State& s) { s.trips[id].step = Step::kBookSeat; });
}

TEST(Trips, ATripIsARoomAndASeat) {
  Store store;
  const std::string id = request(store, "Rome");
  book_room(store, id, "Rome");
  store.run_jobs()
      .received(NoteAnswer{id, Step::kBookSeat, true})
      .appended("trip-" + id, TripBooked{id})
      .cancelled(id)
      .state([&](State& s) { s.trips[id].step = Step::kBooked; });
  store.advance(1h);  // nobody asks again
}

TEST(Trips, WithoutASeatTheRoomIsGivenBack) {
  Store store(R"({"no_seats": ["Oslo"]})");
  const std::string id = request(store, "Oslo");
  book_room(store, id, "Oslo");
  store.run_jobs()
      .received(NoteAnswer{id, Step::kBookSeat, false})
      .appended("trip-" + id, SeatRefused{id})
      .delayed(id, 30s, RetryStep{id, Step::kGiveBackRoom})
      .started(AskSupplier{id, Step::kGiveBackRoom, "Oslo"}, id)
      .state([&](State& s) { s.trips[id].step = Step::kGiveBackRoom; });
  store.run_jobs()
      .received(NoteAnswer{id, Step::kGiveBackRoom, true})
      .appended("trip-" + id, TripFailed{id, "no seat to Oslo"})
      .cancelled(id)
      .state([&](State& s) {
        s.trips[id] = {id, "Oslo", Step::kFailed, 0, "no seat to Oslo"};
      });
}

// The job that asked for the seat is gone with the host. The delay was stored with RoomBooked.
TEST(Trips, ARestartInTheMiddleGoesOn) {
  Store store;
  const std::string id = request(store, "Rome");
  book_room(store, id, "Rome");
  store.restart();
  store.run_jobs();  // none
  store.advance(30s)
      .received(RetryStep{id, Step::kBookSeat})
      .appended("trip-" + id, StepRetried{id})
      .delayed(id, 30s, RetryStep{id, Step::kBookSeat})
      .started(AskSupplier{id, Step::kBookSeat, "Rome"}, id)
      .state([&](State& s) { s.trips[id].retries = 1; });
}

TEST(Trips, ASecondAnswerChangesNothing) {
  Store store;
  const std::string id = request(store, "Rome");
  book_room(store, id, "Rome");
  store.send(NoteAnswer{id, Step::kBookRoom, true});
}

}  // namespace
