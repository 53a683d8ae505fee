#include "composable/plugin.hpp"

struct Add {  // a command: what somebody wants
  static constexpr auto kind = composable::command().ws();
  std::int32_t amount = 0;
};
struct Added {  // an event: what has happened
  static constexpr auto kind = composable::event().is_public();
  std::int32_t amount = 0;
};

struct Tally {
  static constexpr auto kName = "tally";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;

  struct State {
    std::int64_t total = 0;
  };
  using Action = std::variant<Add, Added>;
  using Effects = composable::Effects<Tally>;
  using Context = composable::Context;

  static Effects decide(const State&, const Add& c, const Context&) {
    return composable::append("tally", Added{c.amount});
  }
  static void evolve(State& s, const Added& e, const Context&) { s.total += e.amount; }

  static composable::Routes<Tally> routes() {
    constexpr auto total = [](const State& s, const auto&...) { return s; };
    return {composable::get("", total), composable::post<Add>("").replies<Added>(200, total)};
  }
};

COMPOSABLE_PLUGIN(Tally)
