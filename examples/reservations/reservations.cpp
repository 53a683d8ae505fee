#include "reservations.hpp"

#include <chrono>
#include <stdexcept>

#include "composable/log.hpp"

namespace reservations {
namespace {

std::string name_of(std::uint32_t seat) { return "seat-" + std::to_string(seat); }

Seat find(const Reservations::State& s, std::uint32_t seat) {
  const auto found = s.taken.find(std::to_string(seat));
  return found == s.taken.end() ? Seat{seat, Status::kFree, ""} : found->second;
}

}  // namespace

// Before the domain serves. What it throws refuses the configuration, in these words.
void Reservations::check(const Config& config) {
  if (config.hold_s == 0) throw std::runtime_error("hold_s: a seat is held for at least 1 second");
  composable::log::info("seats for sale", {{"seats", config.seats}, {"hold_s", config.hold_s}});
}

Reservations::Effects Reservations::decide(const State& s, const HoldSeat& c, const Context&,
                                           const Config& config) {
  if (c.seat == 0 || c.seat > config.seats) return composable::reject(NoSuchSeat{c.seat});
  const Seat seat = find(s, c.seat);
  if (seat.status != Status::kFree) return composable::reject(SeatTaken{c.seat, seat.status});
  return {composable::append(name_of(c.seat), SeatHeld{c.seat, c.by}),
          composable::delay(name_of(c.seat), std::chrono::seconds(config.hold_s), EndHold{c.seat})};
}

// The purchase and the end of the delay are one commit: either both are there, or neither.
Reservations::Effects Reservations::decide(const State& s, const BuySeat& c, const Context&) {
  const Seat seat = find(s, c.seat);
  const bool held = seat.status == Status::kHeld && seat.by == c.by;
  if (!held) return composable::reject(SeatNotHeld{c.seat, c.by});
  return {composable::append(name_of(c.seat), SeatSold{c.seat, c.by}),
          composable::cancel(name_of(c.seat))};
}

// A delay comes at least once, so what it sends looks at the state before it does anything.
Reservations::Effects Reservations::decide(const State& s, const EndHold& c, const Context&) {
  if (find(s, c.seat).status != Status::kHeld) return composable::none;
  return composable::append(name_of(c.seat), SeatFreed{c.seat});
}

void Reservations::evolve(State& s, const SeatHeld& e, const Context&) {
  s.taken[std::to_string(e.seat)] = {e.seat, Status::kHeld, e.by};
}
void Reservations::evolve(State& s, const SeatSold& e, const Context&) {
  s.taken[std::to_string(e.seat)].status = Status::kSold;
}
void Reservations::evolve(State& s, const SeatFreed& e, const Context&) {
  s.taken.erase(std::to_string(e.seat));
}

// What is asked of the read routes. Not in an anonymous namespace: the names of the fields are
// taken from the compiler.

// GET /api/v1/reservations?status=held&limit=10
struct ListSeats {
  std::optional<Status> status;
  composable::WithDefault<std::uint32_t, 20> limit;
};
// GET /api/v1/reservations/7
struct ReadSeat {
  std::uint32_t seat = 0;
};

namespace {

Seat show(const Reservations::State& s, const SeatHeld& e) { return find(s, e.seat); }
Seat sold(const Reservations::State& s, const SeatSold& e) { return find(s, e.seat); }

composable::Reply<std::vector<Seat>> list(const Reservations::State& s, const ListSeats& asked) {
  if (asked.limit > 100) return composable::BadRequest{"at most 100 seats are listed", "limit"};
  std::vector<Seat> seats;
  for (const auto& [number, seat] : s.taken) {
    if (seats.size() == asked.limit) break;
    if (!asked.status || *asked.status == seat.status) seats.push_back(seat);
  }
  return seats;
}

Seat read(const Reservations::State& s, const ReadSeat& asked) { return find(s, asked.seat); }

}  // namespace

composable::Routes<Reservations> Reservations::routes() {
  return {composable::post<HoldSeat>("/:seat/hold").replies<SeatHeld>(201, &show),
          composable::post<BuySeat>("/:seat/buy").replies<SeatSold>(200, &sold),
          composable::get<ReadSeat>("/:seat", &read), composable::get<ListSeats>("", &list)};
}

}  // namespace reservations

COMPOSABLE_PLUGIN(reservations::Reservations)
