// What a restart keeps, of a durable and of an ephemeral domain; what the test store says of a
// configuration that is refused, and of a reducer that logs.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "composable/log.hpp"
#include "composable/testing/test_store.hpp"

namespace {

using namespace std::chrono_literals;
using composable::testing::TestStore;

struct Ask {
  std::string how;
};
struct Nudge {
  static constexpr auto kind = composable::internal();
  std::string from;
};
struct Kept {
  std::string text;
};
struct Work {
  int n = 0;
};

template <composable::Storage kWhich>
struct Diary {
  static constexpr auto kName = "diary";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = kWhich;
  struct State {
    std::vector<std::string> lines;
    std::uint64_t last_version = 0;
    std::string last_actor;
    composable::Timestamp last_at;
  };
  struct Config {
    int most = 10;
  };
  using Action = std::variant<Ask, Nudge, Kept>;
  using Jobs = std::variant<Work>;
  using Effects = composable::Effects<Diary>;
  using Context = composable::Context;

  static void check(const Config& config) {
    if (config.most < 1) throw std::runtime_error("most: at least 1 line must fit");
    composable::log::info("checked", {{"most", config.most}});
  }
  static Effects decide(const State&, const Ask& ask, const Context&) {
    using namespace composable;
    if (ask.how == "loud") {
      log::info("deciding");
      return none;
    }
    if constexpr (kWhich == durable) {
      if (ask.how == "alone") return delay("alone", 1h, Nudge{"alone"});
      if (ask.how == "cancel") return {append("d", Kept{"cancel"}), cancel("stored")};
      return {append("d", Kept{ask.how}),
              delay("stored", 1h, Nudge{"stored"}),
              delay("", 2h, Nudge{"keyless"}),
              parallel(delay("grouped", 1h, Nudge{"grouped"})),
              job(Work{1}),
              send(Nudge{"sent"})};
    } else {
      return {apply(Kept{ask.how}), delay("stored", 1h, Nudge{"stored"})};
    }
  }
  static Effects decide(const State&, const Nudge&, const Context&) { return composable::none; }
  static void evolve(State& s, const Kept& e, const Context& c) {
    if (e.text == "loud") composable::log::info("evolving");
    if (e.text == "forgetful" && !c.replaying()) s.lines.push_back("only live");
    s.lines.push_back(e.text);
    s.last_version = c.version();
    s.last_actor = c.actor();
    s.last_at = c.recorded_at();
  }
  static Nudge run(Work, composable::JobContext<Diary>) { return {"worked"}; }
};
using Durable = Diary<composable::durable>;
using Ephemeral = Diary<composable::ephemeral>;

TEST(Restart, TheStateIsEvolvedAnewFromWhatWasGivenAndAppended) {
  TestStore<Durable> store;
  store.given("x", Kept{"before"});
  store.as("ann").send(Ask{"alone"}).delayed("alone", 1h, Nudge{"alone"});
  store.advance(5s);
  store.as("bob")
      .send(Ask{"cancel"})
      .appended("d", Kept{"cancel"})
      .cancelled("stored")
      .state([&](auto& s) {
        s = {{"before", "cancel"}, 1, "bob", store.now()};
      });
  store.advance(5s);
  store.as("carl").restart();
  EXPECT_EQ(store.state().lines, (std::vector<std::string>{"before", "cancel"}));
  EXPECT_EQ(store.state().last_actor, "bob");
}

TEST(Restart, DelaysBesideAnAppendStayAndEverythingElseIsGone) {
  TestStore<Durable> store;
  store.send(Ask{"alone"}).delayed("alone", 1h, Nudge{"alone"});
  store.send(Ask{"x"})
      .appended("d", Kept{"x"})
      .delayed("stored", 1h, Nudge{"stored"})
      .delayed("", 2h, Nudge{"keyless"})
      .delayed("grouped", 1h, Nudge{"grouped"})
      .started(Work{1})
      .state([&](auto& s) {
        s = {{"x"}, 1, "", store.now()};
      })
      .received(Nudge{"sent"});
  store.restart();
  store.run_jobs();  // none
  store.advance(1h).received(Nudge{"stored"});
  store.advance(1h).received(Nudge{"keyless"});
}

TEST(Restart, ADelayThatWasTakenBackStaysSo) {
  TestStore<Durable> store;
  store.send(Ask{"x"}).appended("d", Kept{"x"});
  EXPECT_EQ(store.pending<Nudge>()->from, "stored");
  store.delayed("stored", 1h, Nudge{"stored"}).delayed("", 2h, Nudge{"keyless"});
  store.delayed("grouped", 1h, Nudge{"grouped"}).started(Work{1});
  store.state([&](auto& s) { s = {{"x"}, 1, "", store.now()}; }).received(Nudge{"sent"});
  store.send(Ask{"cancel"}).appended("d", Kept{"cancel"}).cancelled("stored").state([&](auto& s) {
    s = {{"x", "cancel"}, 2, "", store.now()};
  });
  store.restart();
  store.advance(90min);
}

TEST(Restart, AnEphemeralDomainBeginsAgain) {
  TestStore<Ephemeral> store;
  store.send(Ask{"x"})
      .applied(Kept{"x"})
      .delayed("stored", 1h, Nudge{"stored"})
      .state([&](auto& s) {
        s = {{"x"}, 0, "", store.now()};
      });
  store.restart();
  EXPECT_TRUE(store.state().lines.empty());
  store.advance(2h);
}

TEST(Restart, AnEvolveThatLooksAtReplayingIsFound) {
  EXPECT_NONFATAL_FAILURE(
      {
        TestStore<Durable> store;
        store.given("d", Kept{"forgetful"});
        store.restart();
      },
      "the state is another after a restart\n  lines[0]: expected \"only live\", got "
      "\"forgetful\"");
}

TEST(Restart, WhatAStepLeftOpenIsAFailureFirst) {
  EXPECT_NONFATAL_FAILURE(
      {
        TestStore<Durable> store;
        store.send(Ask{"alone"});
        store.restart();
      },
      "an effect that the test did not expect: delay \"alone\"");
}

TEST(ConfigCheck, RefusesInTheDomainsOwnWords) {
  EXPECT_NONFATAL_FAILURE({ TestStore<Durable> store(R"({"most":0})"); },
                          "the configuration cannot be read: most: at least 1 line must fit");
  const composable_domain& table = composable::domain_table<Durable>();
  composable_error error = composable::no_error();
  composable_state* state = nullptr;
  EXPECT_EQ(table.create(nullptr, COMPOSABLE_STR("{\"most\":0}"), &state, &error),
            COMPOSABLE_E_INVALID);
  EXPECT_EQ(state, nullptr);
  EXPECT_EQ(composable::message(error), "most: at least 1 line must fit");
}

TEST(ConfigCheck, MayLog) {
  TestStore<Durable> store(R"({"most":3})");
  EXPECT_EQ(store.logged(), std::vector<std::string>{"info checked most=3"});
}

TEST(Logging, ByAReducerIsImpure) {
  EXPECT_NONFATAL_FAILURE(
      {
        TestStore<Ephemeral> store;
        store.given("", Kept{"loud"});
      },
      "evolve of Kept is impure: it logged \"info evolving\"; log from jobs and routes");
  TestStore<Ephemeral> store;
  EXPECT_NONFATAL_FAILURE(store.send(Ask{"loud"}),
                          "decide of Ask{\"how\":\"loud\"} is impure: it logged \"info deciding\"");
}

}  // namespace
