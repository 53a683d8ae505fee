// Seats that are held for a while: a delay gives a seat back unless it is bought before.
// Shows: delay and cancel beside an append, configuration that is checked, a query struct.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "composable/plugin.hpp"

namespace reservations {

enum class Status { kFree, kHeld, kSold };

struct HoldSeat {
  std::uint32_t seat = 0;
  std::string by;
};
struct BuySeat {
  std::uint32_t seat = 0;
  std::string by;
};
// What the delay sends back to decide.
struct EndHold {
  static constexpr auto kind = composable::internal();
  std::uint32_t seat = 0;
};

struct SeatHeld {
  static constexpr auto kind = composable::event().is_public();
  std::uint32_t seat = 0;
  std::string by;
};
struct SeatSold {
  static constexpr auto kind = composable::event().is_public();
  std::uint32_t seat = 0;
  std::string by;
};
struct SeatFreed {
  static constexpr auto kind = composable::event().is_public();
  std::uint32_t seat = 0;
};

struct NoSuchSeat {
  static constexpr auto kind =
      composable::rejection(404, "NO_SUCH_SEAT", "there is no seat {seat}");
  std::uint32_t seat = 0;
};
struct SeatTaken {
  static constexpr auto kind = composable::rejection(409, "SEAT_TAKEN", "seat {seat} is {status}");
  std::uint32_t seat = 0;
  Status status = Status::kFree;
};
struct SeatNotHeld {
  static constexpr auto kind =
      composable::rejection(409, "SEAT_NOT_HELD", "seat {seat} is not held by {by}");
  std::uint32_t seat = 0;
  std::string by;
};

struct Seat {
  std::uint32_t seat = 0;
  Status status = Status::kFree;
  std::string by;
};

struct Reservations {
  static constexpr auto kName = "reservations";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;
  static constexpr auto kReload = composable::keeps_state(1);

  struct State {
    std::map<std::string, Seat> taken;  // by the number of the seat
  };
  struct Config {
    std::uint32_t seats = 100;
    std::uint32_t hold_s = 600;
  };
  using Action = std::variant<HoldSeat, BuySeat, EndHold, SeatHeld, SeatSold, SeatFreed, NoSuchSeat,
                              SeatTaken, SeatNotHeld>;
  using Effects = composable::Effects<Reservations>;
  using Context = composable::Context;

  static void check(const Config&);
  static Effects decide(const State&, const HoldSeat&, const Context&, const Config&);
  static Effects decide(const State&, const BuySeat&, const Context&);
  static Effects decide(const State&, const EndHold&, const Context&);
  static void evolve(State&, const SeatHeld&, const Context&);
  static void evolve(State&, const SeatSold&, const Context&);
  static void evolve(State&, const SeatFreed&, const Context&);
  static composable::Routes<Reservations> routes();
};

}  // namespace reservations
