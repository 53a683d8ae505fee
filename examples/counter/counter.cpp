// A counter: the smallest whole domain. Commands never move state; the events they apply do.
#include "composable/plugin.hpp"

namespace counter {

struct Increment {
  static constexpr auto kind = composable::command().ws();
  composable::WithDefault<std::int64_t, 1> by;
};
struct Decrement {
  static constexpr auto kind = composable::command().ws();
  composable::WithDefault<std::int64_t, 1> by;
};
struct Reset {
  static constexpr auto kind = composable::command().ws();
};
struct Incremented {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t by = 0;
};
struct Decremented {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t by = 0;
};
struct WasReset {
  static constexpr auto kind = composable::event().is_public();
};
struct OutOfRange {
  static constexpr auto kind =
      composable::rejection(422, "OUT_OF_RANGE", "{by} would take the count beyond 2^53");
  std::int64_t by = 0;
};

struct Counter {
  static constexpr auto kName = "counter";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::ephemeral;
  static constexpr auto kReload = composable::keeps_state(1);

  struct State {
    std::int64_t count = 0;
  };
  using Action =
      std::variant<Increment, Decrement, Reset, Incremented, Decremented, WasReset, OutOfRange>;
  using Effects = composable::Effects<Counter>;
  using Context = composable::Context;

  static Effects decide(const State& s, const Increment& c, const Context&) {
    if (!in_range(s.count, c.by)) return composable::reject(OutOfRange{c.by});
    return composable::apply(Incremented{c.by});
  }
  static Effects decide(const State& s, const Decrement& c, const Context&) {
    if (!in_range(-s.count, c.by)) return composable::reject(OutOfRange{c.by});
    return composable::apply(Decremented{c.by});
  }
  static Effects decide(const State&, const Reset&, const Context&) {
    return composable::apply(WasReset{});
  }

  static void evolve(State& s, const Incremented& e, const Context&) { s.count += e.by; }
  static void evolve(State& s, const Decremented& e, const Context&) { s.count -= e.by; }
  static void evolve(State& s, const WasReset&, const Context&) { s.count = 0; }

  static composable::Routes<Counter> routes() {
    using composable::post;
    constexpr auto count = [](const State& s) { return s; };
    constexpr auto counted = [](const State& s, const auto&) { return s; };
    return {composable::get("", count),
            post<Increment>("/increment").body_optional().replies<Incremented>(200, counted),
            post<Decrement>("/decrement").body_optional().replies<Decremented>(200, counted),
            post<Reset>("/reset").body_optional().replies<WasReset>(200, counted)};
  }

 private:
  // JSON numbers are exact up to 2^53 everywhere.
  static constexpr std::int64_t kMost = std::int64_t{1} << 53;
  static constexpr bool in_range(std::int64_t count, std::int64_t by) {
    return by >= -kMost && by <= kMost && count + by >= -kMost && count + by <= kMost;
  }
};

}  // namespace counter

COMPOSABLE_PLUGIN(counter::Counter)
