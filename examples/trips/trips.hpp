// Trips, each a room and a seat from suppliers that this host does not own: either both are booked,
// or what was booked is given back.
// Shows: a saga by hand. Each step is an event; a delay beside it asks again when no answer came,
// also when the host has ended in the middle.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "composable/plugin.hpp"

namespace trips {

enum class Step { kBookRoom, kBookSeat, kGiveBackRoom, kBooked, kFailed };

struct BookTrip {
  std::string city;
};
// What the delay beside each step sends.
struct RetryStep {
  static constexpr auto kind = composable::internal();
  std::string trip_id;
  Step step = Step::kBookRoom;
};
// What a supplier said to a step.
struct NoteAnswer {
  static constexpr auto kind = composable::internal();
  std::string trip_id;
  Step step = Step::kBookRoom;
  bool done = false;
};

struct TripRequested {
  static constexpr auto kind = composable::event().is_public();
  std::string trip_id;
  std::string city;
};
struct RoomBooked {
  std::string trip_id;
};
struct SeatRefused {
  std::string trip_id;
};
struct StepRetried {
  std::string trip_id;
};
struct TripBooked {
  static constexpr auto kind = composable::event().is_public();
  std::string trip_id;
};
struct TripFailed {
  static constexpr auto kind = composable::event().is_public();
  std::string trip_id;
  std::string reason;
};

// A call to a supplier. It may be made twice, so it carries the trip's id, by which the supplier
// knows the second from the first.
struct AskSupplier {
  static constexpr auto kind = composable::restartable_job();
  std::string trip_id;
  Step step = Step::kBookRoom;
  std::string city;
};

struct Trip {
  std::string trip_id;
  std::string city;
  Step step = Step::kBookRoom;
  std::uint32_t retries = 0;
  std::string reason;
};

struct Trips {
  static constexpr auto kName = "trips";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;
  static constexpr auto kReload = composable::keeps_state(1);

  struct State {
    std::map<std::string, Trip> trips;
  };
  struct Config {
    std::vector<std::string> no_rooms;  // cities; in place of suppliers
    std::vector<std::string> no_seats;
  };
  using Action = std::variant<BookTrip, RetryStep, NoteAnswer, TripRequested, RoomBooked,
                              SeatRefused, StepRetried, TripBooked, TripFailed>;
  using Jobs = std::variant<AskSupplier>;
  using Effects = composable::Effects<Trips>;
  using Context = composable::Context;

  static Effects decide(const State&, const BookTrip&, const Context&);
  static Effects decide(const State&, const RetryStep&, const Context&);
  static Effects decide(const State&, const NoteAnswer&, const Context&);
  static void evolve(State&, const TripRequested&, const Context&);
  static void evolve(State&, const RoomBooked&, const Context&);
  static void evolve(State&, const SeatRefused&, const Context&);
  static void evolve(State&, const StepRetried&, const Context&);
  static void evolve(State&, const TripBooked&, const Context&);
  static void evolve(State&, const TripFailed&, const Context&);
  static NoteAnswer run(AskSupplier, composable::JobContext<Trips>, Config);
  static composable::Routes<Trips> routes();
};

}  // namespace trips
