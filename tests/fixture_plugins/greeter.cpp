// A domain that answers with what its section of the configuration says.
#include "composable/plugin.hpp"

namespace greeter {

struct Greet {};
struct Greeted {
  static constexpr auto kind = composable::event().announced();
  std::string words;
};

struct Greeter {
  static constexpr auto kName = "greeter";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::ephemeral;
  static constexpr auto kReload = composable::resets_state();

  struct State {};
  struct Config {
    std::string words = "nothing";
  };
  using Action = std::variant<Greet, Greeted>;
  using Effects = composable::Effects<Greeter>;
  using Context = composable::Context;

  static Effects decide(const State&, const Greet&, const Context&, const Config& config) {
    return composable::announce(Greeted{config.words});
  }
  static composable::Routes<Greeter> routes() {
    using namespace composable;
    return {post<Greet>("").replies<Greeted>(200, [](const Greeted& greeted) { return greeted; })};
  }
};

}  // namespace greeter

COMPOSABLE_PLUGIN(greeter::Greeter)
