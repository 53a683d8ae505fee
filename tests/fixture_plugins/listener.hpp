// The listener: an ephemeral domain in C++ that hears what the probe publishes on probe.told and
// keeps it. What is asked on listener.asked is answered on probe.told. GET "" shows what was heard.
#pragma once
#include <string>
#include <vector>

#include "composable/plugin.hpp"

namespace listening {

struct Hear {
  static constexpr auto kind = composable::internal();
  std::string text;
  std::string tone = "even";  // the probe never says
};
struct Answer {
  static constexpr auto kind = composable::internal();
  std::string text;
};
struct Kept {
  static constexpr auto kind = composable::event().is_public();
  std::string text;
  std::string tone;
  std::string actor;
  std::string correlation_id;
};
struct Told {
  static constexpr auto kind = composable::event().announced();
  std::string text;
};
struct Deaf {
  static constexpr auto kind = composable::rejection(409, "DEAF", "{text} was not heard");
  std::string text;
};

struct Listener {
  static constexpr auto kName = "listener";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::ephemeral;
  static constexpr auto kReload = composable::resets_state();

  struct State {
    std::vector<Kept> kept;
  };
  using Action = std::variant<Hear, Answer, Kept, Told, Deaf>;

  static composable::Topics<Listener> topics() {
    return {composable::subscribe<Hear>("probe.told"),
            composable::subscribe<Answer>("listener.asked")};
  }

  static composable::Effects<Listener> decide(const State&, const Hear& hear,
                                              const composable::Context& context) {
    if (hear.text == "quiet") return composable::reject(Deaf{hear.text});
    if (hear.text == "crash") throw std::runtime_error("the listener was told to crash");
    return composable::apply(Kept{hear.text, hear.tone, std::string(context.actor()),
                                  std::string(context.correlation_id())});
  }
  static composable::Effects<Listener> decide(const State&, const Answer& answer,
                                              const composable::Context&) {
    return composable::publish("probe.told", Told{"re: " + answer.text});
  }
  static void evolve(State& state, const Kept& kept, const composable::Context&) {
    state.kept.push_back(kept);
  }

  static composable::Routes<Listener> routes() {
    return {composable::get("", [](const State& state) { return state.kept; })};
  }
};

}  // namespace listening
