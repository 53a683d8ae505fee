#include "trips.hpp"

#include <algorithm>
#include <chrono>

#include "composable/log.hpp"

namespace trips {
namespace {

using namespace std::chrono_literals;

std::string stream_of(const std::string& trip_id) { return "trip-" + trip_id; }

// An event, and the step that follows from it. The job is in memory only, and may be lost; the
// delay is stored with the event. The next step's delay has the same key, and so takes its place.
template <class Event>
Trips::Effects take_step(const Event& event, Step next, const std::string& city) {
  return {composable::append(stream_of(event.trip_id), event),
          composable::delay(event.trip_id, 30s, RetryStep{event.trip_id, next}),
          composable::job(AskSupplier{event.trip_id, next, city}, event.trip_id)};
}
// The last event of a trip: nothing follows.
template <class Event>
Trips::Effects finish(const Event& event) {
  return {composable::append(stream_of(event.trip_id), event), composable::cancel(event.trip_id)};
}

}  // namespace

Trips::Effects Trips::decide(const State&, const BookTrip& c, const Context& context) {
  return take_step(TripRequested{context.uuid7(), c.city}, Step::kBookRoom, c.city);
}

// No answer for half a minute. An event again, since a delay is stored only beside one.
Trips::Effects Trips::decide(const State& s, const RetryStep& c, const Context&) {
  const Trip& trip = s.trips.at(c.trip_id);
  if (trip.step != c.step) return composable::none;  // answered meanwhile
  return take_step(StepRetried{c.trip_id}, c.step, trip.city);
}

// The saga: what follows from each answer, and what undoes what was done.
Trips::Effects Trips::decide(const State& s, const NoteAnswer& c, const Context&) {
  const Trip& trip = s.trips.at(c.trip_id);
  if (trip.step != c.step) return composable::none;  // the second answer to one question
  switch (c.step) {
    case Step::kBookRoom:
      if (!c.done) return finish(TripFailed{c.trip_id, "no room in " + trip.city});
      return take_step(RoomBooked{c.trip_id}, Step::kBookSeat, trip.city);
    case Step::kBookSeat:
      if (!c.done) return take_step(SeatRefused{c.trip_id}, Step::kGiveBackRoom, trip.city);
      return finish(TripBooked{c.trip_id});
    case Step::kGiveBackRoom:
      if (!c.done) return composable::none;  // the delay asks again
      return finish(TripFailed{c.trip_id, "no seat to " + trip.city});
    default:
      return composable::none;
  }
}

void Trips::evolve(State& s, const TripRequested& e, const Context&) {
  s.trips[e.trip_id] = {e.trip_id, e.city, Step::kBookRoom, 0, ""};
}
void Trips::evolve(State& s, const RoomBooked& e, const Context&) {
  s.trips[e.trip_id].step = Step::kBookSeat;
}
void Trips::evolve(State& s, const SeatRefused& e, const Context&) {
  s.trips[e.trip_id].step = Step::kGiveBackRoom;
}
void Trips::evolve(State& s, const StepRetried& e, const Context&) { ++s.trips[e.trip_id].retries; }
void Trips::evolve(State& s, const TripBooked& e, const Context&) {
  s.trips[e.trip_id].step = Step::kBooked;
}
void Trips::evolve(State& s, const TripFailed& e, const Context&) {
  s.trips[e.trip_id].step = Step::kFailed;
  s.trips[e.trip_id].reason = e.reason;
}

// Stands for an HTTP request to a supplier.
NoteAnswer Trips::run(AskSupplier in, composable::JobContext<Trips>, Config config) {
  const auto among = [&](const std::vector<std::string>& cities) {
    return std::find(cities.begin(), cities.end(), in.city) != cities.end();
  };
  const bool refused = (in.step == Step::kBookRoom && among(config.no_rooms)) ||
                       (in.step == Step::kBookSeat && among(config.no_seats));
  composable::log::info(
      "supplier asked",
      {{"trip", in.trip_id}, {"step", static_cast<int>(in.step)}, {"done", !refused}});
  return {in.trip_id, in.step, !refused};
}

// GET /api/v1/trips/<id>
struct ReadTrip {
  std::string trip_id;
};

namespace {

composable::Reply<Trip> read(const Trips::State& s, const ReadTrip& asked) {
  const auto found = s.trips.find(asked.trip_id);
  if (found == s.trips.end()) return composable::NotFound{"no trip has this id", "trip_id"};
  return found->second;
}

// The trip as it is by then, whichever way it ended.
template <class Event>
Trip show(const Trips::State& s, const Event& event) {
  return s.trips.at(event.trip_id);
}

}  // namespace

composable::Routes<Trips> Trips::routes() {
  return {composable::post<BookTrip>("")
              .replies<TripBooked>(201, &show<TripBooked>)
              .replies<TripFailed>(200, &show<TripFailed>),
          composable::get<ReadTrip>("/:trip_id", &read)};
}

}  // namespace trips

COMPOSABLE_PLUGIN(trips::Trips)
