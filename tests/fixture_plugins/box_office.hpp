// The box office: a durable domain whose answers depend on everything before them. Its rules span
// streams, so that they hold only if each decide sees the result of every decide before it. One
// seat is one stream, and one token is one stream; `changes` counts every event that the state has
// taken.
//
//   GET ""         the hall: seats, tokens, touches, changes
//   GET "/ledger"  one line for every event, in order
//
// Single-threaded, as every domain.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "composable/plugin.hpp"

namespace box_office {

inline constexpr std::size_t kMostTokens = 3;  // in the whole domain

enum class Status : std::uint8_t { kFree, kHeld, kConfirmed };

// --- commands -----------------------------------------------------------------------------------

struct HoldSeat {
  static constexpr auto kind = composable::command().ws();
  std::string seat;
  std::string holder;
  std::optional<std::uint32_t> for_ms;  // then it is free again, unless it was confirmed
};
struct ConfirmSeat {
  static constexpr auto kind = composable::command().ws();
  std::string seat;
};
struct ReleaseSeat {
  static constexpr auto kind = composable::command().ws();
  std::string seat;
};
struct TakeToken {  // at most kMostTokens are out
  static constexpr auto kind = composable::command().ws();
  std::string token;
};
struct ReturnToken {
  static constexpr auto kind = composable::command().ws();
  std::string token;
};
struct Touch {  // always succeeds; `place` is the stream
  static constexpr auto kind = composable::command().ws();
  std::string place;
};
struct Stamp {  // succeeds at one version of the sheet; without one, on a new sheet
  static constexpr auto kind = composable::command().ws();
  std::string sheet;
  std::optional<std::uint64_t> expected;
};
// One event for each flavour. Evolve cannot take "poison"; for "gibberish" the event holds a text
// that is not UTF-8.
struct Taste {
  static constexpr auto kind = composable::command().ws();
  std::vector<std::string> flavours;
};
struct Complain {  // always rejected
  static constexpr auto kind = composable::command().ws();
};
struct Ignore {  // comes to nothing
  static constexpr auto kind = composable::command().ws();
};
struct Ask {  // announces what the state is, and stores nothing
  static constexpr auto kind = composable::command().ws();
};
struct Explode {  // decide throws
  static constexpr auto kind = composable::command().ws();
};
struct Expire {
  static constexpr auto kind = composable::internal();
  std::string seat;
  std::uint64_t hold;
};

// --- events -------------------------------------------------------------------------------------

struct SeatHeld {
  static constexpr auto kind = composable::event().is_public();
  std::string seat;
  std::string holder;
  std::uint64_t hold;  // counts all holds of the domain
};
struct SeatConfirmed {
  static constexpr auto kind = composable::event().is_public();
  std::string seat;
  std::string holder;
};
struct SeatReleased {
  static constexpr auto kind = composable::event().is_public();
  std::string seat;
  std::string holder;
};
struct TokenTaken {
  static constexpr auto kind = composable::event().is_public();
  std::string token;
  std::uint64_t out;  // with this one
};
struct TokenReturned {
  static constexpr auto kind = composable::event().is_public();
  std::string token;
};
struct Touched {
  static constexpr auto kind = composable::event().is_public();
  std::string place;
};
struct Stamped {
  static constexpr auto kind = composable::event().is_public();
  std::string sheet;
};
struct Tasted {
  static constexpr auto kind = composable::event().is_public();
  std::string flavour;
};
struct Answered {
  static constexpr auto kind = composable::event().is_public().announced();
  std::uint64_t changes;
};

// --- rejections ---------------------------------------------------------------------------------

struct AlreadyHeld {
  static constexpr auto kind =
      composable::rejection(409, "ALREADY_HELD", "seat {seat} is {status} for {holder}");
  std::string seat;
  Status status;
  std::string holder;
};
struct NotHeld {
  static constexpr auto kind = composable::rejection(409, "NOT_HELD", "seat {seat} is {status}");
  std::string seat;
  Status status;
};
struct NoneLeft {
  static constexpr auto kind =
      composable::rejection(409, "NONE_LEFT", "{out} tokens are out, which is all of them");
  std::uint64_t out;
};
struct NotTaken {
  static constexpr auto kind = composable::rejection(409, "NOT_TAKEN", "token {token} is not out");
  std::string token;
};
struct Regretted {
  static constexpr auto kind =
      composable::rejection(422, "REGRETTED", "we regret it, after {changes} changes");
  std::uint64_t changes;
};

struct Seat {
  Status status = Status::kFree;
  std::string holder;
  std::uint64_t hold = 0;
};

struct Hall {
  std::map<std::string, Seat> seats;  // those that were ever held
  std::vector<std::string> tokens;    // those that are out, in the order in which they were taken
  std::uint64_t holds = 0;
  std::uint64_t touches = 0;
  std::uint64_t changes = 0;

  Seat seat(const std::string& name) const {
    const auto found = seats.find(name);
    return found == seats.end() ? Seat{} : found->second;
  }
};

struct BoxOffice {
  static constexpr auto kName = "box_office";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;

  struct State {
    Hall hall;
    std::vector<std::string> ledger;
  };
  using Action =
      std::variant<HoldSeat, ConfirmSeat, ReleaseSeat, TakeToken, ReturnToken, Touch, Stamp, Taste,
                   Complain, Ignore, Ask, Explode, Expire, SeatHeld, SeatConfirmed, SeatReleased,
                   TokenTaken, TokenReturned, Touched, Stamped, Tasted, Answered, AlreadyHeld,
                   NotHeld, NoneLeft, NotTaken, Regretted>;
  using Effects = composable::Effects<BoxOffice>;
  using Context = composable::Context;

  static Effects decide(const State&, const HoldSeat&, const Context&);
  static Effects decide(const State&, const ConfirmSeat&, const Context&);
  static Effects decide(const State&, const ReleaseSeat&, const Context&);
  static Effects decide(const State&, const TakeToken&, const Context&);
  static Effects decide(const State&, const ReturnToken&, const Context&);
  static Effects decide(const State&, const Touch&, const Context&);
  static Effects decide(const State&, const Stamp&, const Context&);
  static Effects decide(const State&, const Taste&, const Context&);
  static Effects decide(const State&, const Complain&, const Context&);
  static Effects decide(const State&, const Ignore&, const Context&);
  static Effects decide(const State&, const Ask&, const Context&);
  static Effects decide(const State&, const Explode&, const Context&);
  static Effects decide(const State&, const Expire&, const Context&);

  static void evolve(State&, const SeatHeld&, const Context&);
  static void evolve(State&, const SeatConfirmed&, const Context&);
  static void evolve(State&, const SeatReleased&, const Context&);
  static void evolve(State&, const TokenTaken&, const Context&);
  static void evolve(State&, const TokenReturned&, const Context&);
  static void evolve(State&, const Touched&, const Context&);
  static void evolve(State&, const Stamped&, const Context&);
  static void evolve(State&, const Tasted&, const Context&);

  static composable::Routes<BoxOffice> routes();
};

}  // namespace box_office
