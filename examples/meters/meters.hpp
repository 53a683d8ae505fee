// Readings of electricity meters. The state keeps sums only; the readings are in the log, and two
// meters are compared by reading their streams.
// Shows: load, parallel, sequential, streams with an expected version.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "composable/plugin.hpp"

namespace meters {

struct Install {
  std::string meter;
};
struct Read {
  std::string meter;
  std::uint32_t wh = 0;
};
struct Compare {
  std::string left;
  std::string right;
};
// A page of a stream, as load sends it; these three fields, by these names.
struct AddUp {
  static constexpr auto kind = composable::internal();
  std::string stream;
  std::vector<composable::LoadedEvent> events;
  bool more = false;
};
struct Conclude {
  static constexpr auto kind = composable::internal();
  std::string left;
  std::string right;
};

struct Installed {
  std::string meter;
};
struct Reading {
  static constexpr auto kind = composable::event().is_public();
  std::string meter;
  std::uint32_t wh = 0;
};
// The sum of a meter's readings up to a version of its stream.
struct AddedUp {
  std::string meter;
  std::uint64_t version = 0;
  std::uint64_t wh = 0;
};
struct Compared {
  static constexpr auto kind = composable::event().is_public().announced();
  std::string left;
  std::uint64_t left_wh = 0;
  std::string right;
  std::uint64_t right_wh = 0;
};
struct UnknownMeter {
  static constexpr auto kind =
      composable::rejection(404, "UNKNOWN_METER", "there is no meter {meter}");
  std::string meter;
};
struct NotAName {
  static constexpr auto kind =
      composable::rejection(422, "NOT_A_NAME",
                            "a meter's name is 1 to 40 letters, digits and signs")
          .at("place");
  std::string place = "meter";
};

struct Sum {
  std::uint64_t version = 1;  // of the last event that was added up; 1: Installed
  std::uint64_t wh = 0;
};

struct Meters {
  static constexpr auto kName = "meters";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;
  static constexpr auto kReload = composable::keeps_state(1);

  struct State {
    std::map<std::string, Sum> meters;
  };
  using Action = std::variant<Install, Read, Compare, AddUp, Conclude, Installed, Reading, AddedUp,
                              Compared, UnknownMeter, NotAName>;
  using Effects = composable::Effects<Meters>;
  using Context = composable::Context;

  static Effects decide(const State&, const Install&, const Context&);
  static Effects decide(const State&, const Read&, const Context&);
  static Effects decide(const State&, const Compare&, const Context&);
  static Effects decide(const State&, const AddUp&, const Context&);
  static Effects decide(const State&, const Conclude&, const Context&);
  static void evolve(State&, const Installed&, const Context&);
  static void evolve(State&, const Reading&, const Context&) {}  // in the log, not in the state
  static void evolve(State&, const AddedUp&, const Context&);
  static composable::Routes<Meters> routes();
};

}  // namespace meters
