// The state of an ephemeral domain goes from one generation to the next: exported and imported,
// reset, or the swap is refused. Nothing that is under way notices, and no loop waits.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "composable/plugin.hpp"
#include "generations.hpp"

namespace composable::host {
namespace {

struct Add {
  std::int64_t by = 0;
};
struct Later {
  std::int64_t by = 0;
};
struct Added {
  std::int64_t by = 0;
};

struct State {
  std::int64_t total = 0;
};

// A tally in memory; what a generation says of its state stands below.
template <class D>
struct Tally {
  static constexpr auto kName = "tally";
  static constexpr auto kStorage = composable::ephemeral;
  using State = host::State;
  using Action = std::variant<Add, Later, Added>;
  using Effects = composable::Effects<D>;
  using Context = composable::Context;

  static Effects decide(const State&, const Add& c, const Context&) {
    return composable::apply(Added{c.by});
  }
  static Effects decide(const State&, const Later& c, const Context&) {
    return composable::delay("later", std::chrono::seconds(1), Add{c.by});
  }
  static void evolve(State& s, const Added& e, const Context&) {
    if (e.by < 0) throw std::runtime_error("below nothing");
    s.total += e.by;
  }
};

struct Keeps : Tally<Keeps> {
  static constexpr auto kVersion = "keeps";
  static constexpr auto kReload = composable::keeps_state(1);
};
struct KeepsToo : Tally<KeepsToo> {
  static constexpr auto kVersion = "keeps-too";
  static constexpr auto kReload = composable::keeps_state(1);
};
struct Migrates : Tally<Migrates> {
  static constexpr auto kVersion = "migrates";
  static constexpr auto kReload = composable::keeps_state(2).migrates<1, State>();
  static State migrate(const State& old) { return {old.total * 100}; }
};
struct Newer : Tally<Newer> {  // and knows no older one
  static constexpr auto kVersion = "newer";
  static constexpr auto kReload = composable::keeps_state(3);
};
struct Resets : Tally<Resets> {
  static constexpr auto kVersion = "resets";
  static constexpr auto kReload = composable::resets_state();
};
struct Silent : Tally<Silent> {
  static constexpr auto kVersion = "silent";
};
struct Stuck : Tally<Stuck> {  // cannot write its state
  static constexpr auto kVersion = "stuck";
  static constexpr auto kReload = composable::keeps_state(4);
  static std::string export_state(const State&) { throw std::runtime_error("no ink"); }
  static State import_state(std::uint32_t, std::string_view) { return {1}; }
};

using CarryOverTest = GenerationsTest<Keeps>;

TEST_F(CarryOverTest, TheStateIsExportedAndImported) {
  send(number("Add"), R"({"by":3})");
  const auto report = replace<KeepsToo>();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->state, StateCarried::kImported);
  EXPECT_EQ(report->bytes, std::string_view(R"({"total":3})").size());
  EXPECT_EQ(report->events, 0u);
  EXPECT_EQ(report->replaced->version(), "keeps");
  EXPECT_EQ(report->replaced.use_count(), 1);
  EXPECT_EQ(total(), 3);
  send(number("Add"), R"({"by":4})");
  EXPECT_EQ(total(), 7);
}

TEST_F(CarryOverTest, AnOlderFormIsMigrated) {
  send(number("Add"), R"({"by":3})");
  ASSERT_TRUE(replace<Migrates>().ok());
  EXPECT_EQ(total(), 300);
}

TEST_F(CarryOverTest, AStateThatMayBeLostBeginsEmpty) {
  send(number("Add"), R"({"by":3})");
  const auto report = replace<Resets>();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->state, StateCarried::kReset);
  EXPECT_EQ(report->bytes, 0u);
  EXPECT_EQ(total(), 0);
  send(number("Add"), R"({"by":4})");
  // The one that serves has said that its state may be lost, and exports none.
  ASSERT_TRUE(replace<Keeps>().ok());
  EXPECT_EQ(total(), 0);
}

TEST_F(CarryOverTest, AFormThatTheNewcomerDoesNotKnowIsRefused) {
  send(number("Add"), R"({"by":3})");
  EXPECT_EQ(std::string(replace<Newer>().status().message()),
            "tally: the new generation newer, whose schema is 3, does not take the state of schema "
            "1 that keeps has exported: a state of schema 1 is not known here; the domain's own is "
            "3, and `migrates` names the older ones; the one before stays, teach the new one that "
            "schema");
  EXPECT_EQ(store_.domain()->version(), "keeps");
  send(number("Add"), R"({"by":4})");
  EXPECT_EQ(total(), 7);
}

TEST_F(CarryOverTest, ANewcomerThatSaysNothingIsRefused) {
  EXPECT_EQ(
      std::string(replace<Silent>().status().message()),
      "tally: the new generation silent does not say what becomes of the state; let it export "
      "and import that, or declare that it may be lost (composable.reload/1)");
}

TEST_F(CarryOverTest, AStateThatCannotBeWrittenStaysWhereItIs) {
  ASSERT_TRUE(replace<Resets>().ok());
  ASSERT_TRUE(replace<Stuck>().ok());  // which begins empty
  EXPECT_EQ(std::string(replace<Keeps>().status().message()),
            "tally: the serving generation stuck cannot export its state, which is of schema 4: no "
            "ink; it stays, restart the host to serve another");
  ASSERT_TRUE(replace<Resets>().ok());  // needs none
}

TEST_F(CarryOverTest, AGenerationThatSaysNothingCanOnlyBeFollowedByAReset) {
  Store silent(generation<Silent>(), environment(), StoreOptions{});
  ASSERT_TRUE(silent.replay().ok());
  loop_.run();
  EXPECT_EQ(
      std::string(
          silent.replace(std::make_shared<DomainHandle>(generation<Keeps>())).status().message()),
      "tally: the serving generation silent cannot export its state, which the new one keeps "
      "would need; declare in the new one that the state may be lost, or restart the host "
      "with it");
  EXPECT_TRUE(silent.replace(std::make_shared<DomainHandle>(generation<Resets>())).ok());
  loop_.run();
}

TEST_F(CarryOverTest, ADelayOfTheOldGenerationComesToTheNewOne) {
  send(number("Add"), R"({"by":1})");
  send(number("Later"), R"({"by":7})");
  ASSERT_TRUE(replace<KeepsToo>().ok());
  EXPECT_EQ(total(), 1);
  loop_.advance(1'000'000);
  EXPECT_EQ(total(), 8);
}

TEST_F(CarryOverTest, AHaltedDomainServesAgainAndBeginsEmpty) {
  send(number("Add"), R"({"by":5})");
  send(number("Add"), R"({"by":-1})");
  ASSERT_TRUE(store_.health().halted);
  EXPECT_EQ(std::string(store_.export_state().status().message()),
            "tally: the domain is halted and has no state worth exporting; reload it");
  loop_.run();
  const auto report = replace<KeepsToo>();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->state, StateCarried::kReset);
  EXPECT_FALSE(store_.health().halted);
  EXPECT_EQ(total(), 0);
}

TEST_F(CarryOverTest, TheStateOfAMomentCanBeHad) {
  send(number("Add"), R"({"by":3})");
  const auto state = store_.export_state();
  loop_.run();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->schema, 1u);
  EXPECT_EQ(state->data, R"({"total":3})");
  send(number("Add"), R"({"by":4})");
  EXPECT_EQ(total(), 7);
  ASSERT_TRUE(replace<Resets>().ok());
  EXPECT_EQ(std::string(store_.export_state().status().message()),
            "tally: the serving generation resets cannot export its state; give it "
            "composable.reload/1");
  loop_.run();
}

// Writes its state only when a test says so, and tells that it was asked.
struct Slow : Tally<Slow> {
  static constexpr auto kVersion = "slow";
  static constexpr auto kReload = composable::keeps_state(1);
  static inline std::atomic<bool> asked{false}, go_on{true};
  static inline std::atomic<std::thread::id> by{};

  static std::string export_state(const State& s) {
    by = std::this_thread::get_id();
    asked = true;
    asked.notify_all();
    go_on.wait(false);
    return std::to_string(s.total);
  }
  static State import_state(std::uint32_t, std::string_view bytes) {
    return {std::stoll(std::string(bytes))};
  }
};

// The domain is busy when the swap begins, so that its thread has to be let in; while it exports,
// the loop goes on with other things, and what comes for the domain is done by the next generation.
TEST_F(CarryOverTest, NoLoopWaitsForAnExport) {
  ASSERT_TRUE(replace<Resets>().ok());
  ASSERT_TRUE(replace<Slow>().ok());
  Slow::asked = false;
  Slow::go_on = false;
  std::thread reload;
  store_.read([&](const DomainHandle&) {  // inside, so the swap cannot enter by itself
    const std::size_t before = store_.health().mailbox;
    reload = std::thread([&] {
      const auto report = store_.replace(std::make_shared<DomainHandle>(generation<Slow>()));
      EXPECT_TRUE(report.ok()) << report.status();
    });
    while (store_.health().mailbox == before) std::this_thread::yield();
  });
  loop_.run();
  Slow::asked.wait(false);
  EXPECT_NE(Slow::by.load(), std::this_thread::get_id());
  send(number("Add"), R"({"by":2})");  // runs the loop, which must not hang
  EXPECT_EQ(store_.health().mailbox, 2u);
  Slow::go_on = true;
  Slow::go_on.notify_all();
  reload.join();
  loop_.run();
  EXPECT_EQ(store_.health().mailbox, 0u);
  EXPECT_EQ(total(), 2);
}

TEST_F(CarryOverTest, NothingIsLostWhileOthersSend) {
  change_places_while_others_send<KeepsToo, Keeps>();
}

}  // namespace
}  // namespace composable::host
