// The domain @domain@: what can be asked of it, what can happen, and what it remembers.
// What it decides is in @file@.cpp.
#pragma once
#include <cstdint>
#include <variant>

#include "composable/plugin.hpp"

// A command is what somebody wants. Here it may come over a WebSocket too.
struct Add {
  static constexpr auto kind = composable::command().ws();
  std::int64_t amount = 0;
};

// An event is what has happened. It is in the log for good, so its name and its fields stay.
struct Added {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t amount = 0;
};

// A rejection is what somebody gets instead.
struct OutOfRange {
  static constexpr auto kind = composable::rejection(
      422, "OUT_OF_RANGE", "adding {amount} would take the total out of 0 to 1000000");
  std::int64_t amount = 0;
};

struct @Domain@ {
  static constexpr auto kName = "@domain@";
  static constexpr auto kVersion = "0.1.0";
  static constexpr auto kStorage = composable::durable;
  // The host may keep snapshots of the state, so that a start need not read every event again.
  static constexpr auto kReload = composable::keeps_state(1);

  struct State {
    std::int64_t total = 0;
  };
  using Action = std::variant<Add, Added, OutOfRange>;
  using Effects = composable::Effects<@Domain@>;
  using Context = composable::Context;

  static Effects decide(const State&, const Add&, const Context&);
  static void evolve(State&, const Added&, const Context&);
  static composable::Routes<@Domain@> routes();
};
