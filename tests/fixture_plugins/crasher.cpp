// A domain that takes its host with it, in the way that a command names. Built twice, as two builds
// of one domain.
#include <cstdlib>
#include <exception>
#include <thread>

#include "composable/plugin.hpp"

namespace crasher {

struct Crash {
  std::string how;
};
struct Survived {
  static constexpr auto kind = composable::event().announced();
};
struct Moved {};

struct Terminate {};

inline int* volatile nowhere = reinterpret_cast<int*>(16);

inline int deeper(volatile const char* above, unsigned left) {
  volatile char frame[512];
  frame[0] = above[0];
  return left == 0 ? 0 : deeper(frame, left - 1) + frame[0];
}

struct Crasher {
  static constexpr auto kName = "crasher";
  static constexpr auto kVersion = CRASHER_VERSION;
  static constexpr auto kStorage = composable::ephemeral;

  struct State {
    int moved = 0;
  };
  using Action = std::variant<Crash, Survived, Moved>;
  using Jobs = std::variant<Terminate>;
  using Effects = composable::Effects<Crasher>;
  using Context = composable::Context;
  using JobContext = composable::JobContext<Crasher>;

  static Effects decide(const State&, const Crash& crash, const Context&) {
    if (crash.how == "null") *nowhere = 1;
    if (crash.how == "overflow") return deeper("", 1u << 30) == 0 ? composable::none : Effects();
    if (crash.how == "evolve") return composable::apply(Moved{});
    if (crash.how == "job") return composable::job(Terminate{});
    if (crash.how == "thread") std::thread([] { *nowhere = 1; }).join();
    return composable::announce(Survived{});
  }
  static void evolve(State& state, const Moved&, const Context&) {
    ++state.moved;
    std::abort();
  }
  static void run(Terminate, JobContext) { std::terminate(); }

  static composable::Routes<Crasher> routes() {
    using namespace composable;
    return {post<Crash>("").replies<Survived>(200, [](const Survived& s) { return s; }),
            get("/trap", [](const State& state) -> State {
              __builtin_trap();
              return state;
            })};
  }
};

}  // namespace crasher

COMPOSABLE_PLUGIN(crasher::Crasher)
