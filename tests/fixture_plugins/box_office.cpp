#include "box_office.hpp"

#include <algorithm>

namespace box_office {

using composable::append;
using composable::cancel;
using composable::reject;

namespace {

std::string stream_of_seat(const std::string& seat) { return "seat-" + seat; }
std::string key_of_hold(const std::string& seat) { return "hold-" + seat; }

void note(BoxOffice::State& state, std::string line) {
  ++state.hall.changes;
  state.ledger.push_back(std::move(line));
}

}  // namespace

// The body of every answer to a command that changed something. Not in an anonymous namespace: its
// name is taken from the compiler.
struct Done {
  std::uint64_t changes;  // right after the command's own events
};

BoxOffice::Effects BoxOffice::decide(const State& state, const HoldSeat& c, const Context&) {
  const Seat seat = state.hall.seat(c.seat);
  if (seat.status != Status::kFree) return reject(AlreadyHeld{c.seat, seat.status, seat.holder});
  const std::uint64_t hold = state.hall.holds + 1;
  Effects effects = append(stream_of_seat(c.seat), SeatHeld{c.seat, c.holder, hold});
  if (!c.for_ms) return effects;
  effects.add(composable::delay(key_of_hold(c.seat), std::chrono::milliseconds(*c.for_ms),
                                Expire{c.seat, hold}));
  return effects;
}

BoxOffice::Effects BoxOffice::decide(const State& state, const ConfirmSeat& c, const Context&) {
  const Seat seat = state.hall.seat(c.seat);
  if (seat.status != Status::kHeld) return reject(NotHeld{c.seat, seat.status});
  return {append(stream_of_seat(c.seat), SeatConfirmed{c.seat, seat.holder}),
          cancel(key_of_hold(c.seat))};
}

BoxOffice::Effects BoxOffice::decide(const State& state, const ReleaseSeat& c, const Context&) {
  const Seat seat = state.hall.seat(c.seat);
  if (seat.status == Status::kFree) return reject(NotHeld{c.seat, seat.status});
  return {append(stream_of_seat(c.seat), SeatReleased{c.seat, seat.holder}),
          cancel(key_of_hold(c.seat))};
}

// A cancelled delay may still come, between the decision to cancel it and the commit.
BoxOffice::Effects BoxOffice::decide(const State& state, const Expire& c, const Context&) {
  const Seat seat = state.hall.seat(c.seat);
  if (seat.status != Status::kHeld || seat.hold != c.hold) return composable::none;
  return append(stream_of_seat(c.seat), SeatReleased{c.seat, seat.holder});
}

BoxOffice::Effects BoxOffice::decide(const State& state, const TakeToken& c, const Context&) {
  const std::size_t out = state.hall.tokens.size();
  if (out >= kMostTokens) return reject(NoneLeft{out});
  return append("token-" + c.token, TokenTaken{c.token, out + 1});
}

BoxOffice::Effects BoxOffice::decide(const State& state, const ReturnToken& c, const Context&) {
  const auto& tokens = state.hall.tokens;
  if (std::find(tokens.begin(), tokens.end(), c.token) == tokens.end()) {
    return reject(NotTaken{c.token});
  }
  return append("token-" + c.token, TokenReturned{c.token});
}

BoxOffice::Effects BoxOffice::decide(const State&, const Touch& c, const Context&) {
  return append(c.place, Touched{c.place});
}

BoxOffice::Effects BoxOffice::decide(const State&, const Stamp& c, const Context&) {
  auto stamped = append("sheet-" + c.sheet, Stamped{c.sheet});
  if (!c.expected) return std::move(stamped).expecting_none();
  return std::move(stamped).expecting(*c.expected);
}

BoxOffice::Effects BoxOffice::decide(const State&, const Taste& c, const Context&) {
  std::vector<Tasted> events;
  for (const std::string& flavour : c.flavours) {
    events.push_back({flavour == "gibberish" ? "\xff" : flavour});
  }
  if (events.empty()) return composable::none;
  return append("tastes", std::move(events));
}

BoxOffice::Effects BoxOffice::decide(const State& state, const Complain&, const Context&) {
  return reject(Regretted{state.hall.changes});
}

BoxOffice::Effects BoxOffice::decide(const State&, const Ignore&, const Context&) {
  return composable::none;
}

BoxOffice::Effects BoxOffice::decide(const State& state, const Ask&, const Context&) {
  return composable::announce(Answered{state.hall.changes});
}

BoxOffice::Effects BoxOffice::decide(const State&, const Explode&, const Context&) {
  throw std::runtime_error("nobody can decide this");
}

void BoxOffice::evolve(State& state, const SeatHeld& e, const Context&) {
  state.hall.seats[e.seat] = {Status::kHeld, e.holder, e.hold};
  ++state.hall.holds;
  note(state, "held " + e.seat + " " + e.holder);
}

void BoxOffice::evolve(State& state, const SeatConfirmed& e, const Context&) {
  state.hall.seats.at(e.seat).status = Status::kConfirmed;
  note(state, "confirmed " + e.seat + " " + e.holder);
}

void BoxOffice::evolve(State& state, const SeatReleased& e, const Context&) {
  state.hall.seats.at(e.seat) = {};
  note(state, "released " + e.seat + " " + e.holder);
}

void BoxOffice::evolve(State& state, const TokenTaken& e, const Context&) {
  state.hall.tokens.push_back(e.token);
  note(state, "taken " + e.token);
}

void BoxOffice::evolve(State& state, const TokenReturned& e, const Context&) {
  std::erase(state.hall.tokens, e.token);
  note(state, "returned " + e.token);
}

void BoxOffice::evolve(State& state, const Touched& e, const Context&) {
  ++state.hall.touches;
  note(state, "touched " + e.place);
}

void BoxOffice::evolve(State& state, const Stamped& e, const Context&) {
  note(state, "stamped " + e.sheet);
}

// Throws when the state has moved already.
void BoxOffice::evolve(State& state, const Tasted& e, const Context&) {
  note(state, "tasted " + e.flavour);
  if (e.flavour == "poison") throw std::runtime_error("nobody can taste poison");
}

composable::Routes<BoxOffice> BoxOffice::routes() {
  using composable::get;
  using composable::post;

  constexpr auto done = [](const State& state, const auto&) { return Done{state.hall.changes}; };
  return {
      get("", [](const State& state) { return state.hall; }),
      get("/ledger", [](const State& state) { return state.ledger; }),
      post<HoldSeat>("/seats/:seat/hold").replies<SeatHeld>(201, done),
      post<ConfirmSeat>("/seats/:seat/confirm").body_optional().replies<SeatConfirmed>(200, done),
      post<ReleaseSeat>("/seats/:seat/release").body_optional().replies<SeatReleased>(200, done),
      post<TakeToken>("/tokens").replies<TokenTaken>(201, done),
      post<ReturnToken>("/tokens/:token/return").body_optional().replies<TokenReturned>(200, done),
      post<Touch>("/touch/:place").body_optional().replies<Touched>(200, done),
      post<Stamp>("/sheets/:sheet/stamp").replies<Stamped>(201, done),
      post<Taste>("/taste").replies<Tasted>(201, done),
      post<Complain>("/complain").body_optional(),
      post<Ignore>("/ignore").body_optional(),
      post<Explode>("/explode").body_optional(),
      post<Ask>("/ask").body_optional().replies<Answered>(
          200, [](const Answered& e) { return Done{e.changes}; })};
}

}  // namespace box_office

COMPOSABLE_PLUGIN(box_office::BoxOffice)
