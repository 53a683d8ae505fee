// Snapshots that a build leaves of its own state: a start and a swap replay only what came after,
// and the state is what a full replay would make, whatever becomes of the snapshots.
#include "store/build_snapshot.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <stdexcept>
#include <string>

#include "composable/plugin.hpp"
#include "generations.hpp"

namespace composable::host {
namespace {

struct Add {
  std::string name;
  std::int64_t by = 0;
};
struct Added {
  std::string name;
  std::int64_t by = 0;
};

struct State {
  std::int64_t total = 0;
  std::map<std::string, std::int64_t> by_name;
};

template <class D>
struct Ledger {
  static constexpr auto kName = "ledger";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::durable;
  using State = host::State;
  using Action = std::variant<Add, Added>;
  using Effects = composable::Effects<D>;
  using Context = composable::Context;

  static Effects decide(const State&, const Add& c, const Context&) {
    return composable::append("ledger", Added{c.name, c.by});
  }
  static void evolve(State& s, const Added& e, const Context&) {
    if (s.total < -1000) throw std::runtime_error("a total of before there was money");
    s.total += e.by;
    s.by_name[e.name] = (31 * s.by_name[e.name] + e.by) % 1'000'003;  // the order matters
  }
};
struct Exporting : Ledger<Exporting> {
  static constexpr auto kReload = composable::keeps_state(1);
};
struct Silent : Ledger<Silent> {};
struct Stuck : Ledger<Stuck> {
  static constexpr auto kReload = composable::keeps_state(1);
  static std::string export_state(const State&) { throw std::runtime_error("no ink"); }
  static State import_state(std::uint32_t, std::string_view) { return {}; }
};

class BuildSnapshotTest : public GenerationsTest<Exporting> {
 protected:
  // A start of the host with `build` of a ledger; of its store only the answer is left.
  struct Started {
    ReplayReport report;
    bool halted = false;
    std::string state;
  };
  template <class D = Exporting>
  Started start(std::string_view build, std::uint64_t snapshot_events = 5,
                std::string_view config = "{}") {
    absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&composable::domain_table<D>());
    EXPECT_TRUE(handle.ok() && handle->create(nullptr, config).ok());
    handle->set_build(build);
    StoreOptions options;
    options.snapshot_events = snapshot_events;
    Store store(*std::move(handle), environment(), options);
    const auto report = store.replay();
    EXPECT_TRUE(report.ok()) << report.status();
    loop_.run();
    Started started{*report, store.health().halted, state_of(store)};
    return started;
  }
  std::string state_of(Store& store) {
    std::string state;
    store.read([&](const DomainHandle& domain) {
      state = composable::to_json(*reinterpret_cast<const State*>(domain.state()));
    });
    loop_.run();
    return state;
  }

  void add(int n) {
    for (int i = 0; i < n; ++i) send(number("Add"), R"({"name":"a","by":1})");
  }
  std::vector<SnapshotInfo> snapshots() { return *events_.snapshots().list("ledger"); }
};

TEST_F(BuildSnapshotTest, AStartReplaysOnlyWhatCameAfter) {
  add(7);
  const Started first = start("b1");
  EXPECT_EQ(first.report.snapshot, 0u);
  EXPECT_EQ(first.report.events, 7u);
  ASSERT_EQ(snapshots().size(), 1u);
  EXPECT_EQ(snapshots()[0].position, 7u);
  EXPECT_TRUE(snapshots()[0].schema.starts_with("b1/1/")) << snapshots()[0].schema;
  add(2);
  const Started second = start("b1");
  EXPECT_EQ(second.report.snapshot, 7u);
  EXPECT_EQ(second.report.events, 2u);
  EXPECT_EQ(second.report.position, 9u);
  EXPECT_EQ(second.state, state_of(store_));
  EXPECT_EQ(snapshots().size(), 1u) << "two events are not worth another";
  const Started third = start("b1", 2);
  EXPECT_EQ(third.report.snapshot, 7u);
  EXPECT_EQ(snapshots()[0].position, 9u);
}

TEST_F(BuildSnapshotTest, AnotherBuildOrConfigurationReplaysEverything) {
  add(7);
  start("b1");
  EXPECT_EQ(start("b2").report.events, 7u);
  EXPECT_EQ(start("b1", 5, "{ }").report.events, 7u);
  EXPECT_EQ(start("b1").report.events, 0u);
  EXPECT_EQ(snapshots().size(), 3u);
}

TEST_F(BuildSnapshotTest, WhoCannotBeTakenAtTheirWordLeaveNone) {
  add(7);
  EXPECT_EQ(start("").report.events, 7u);            // an unknown build
  EXPECT_EQ(start<Silent>("b1").report.events, 7u);  // which exports nothing
  EXPECT_FALSE(start<Stuck>("b1").halted);           // which fails to
  EXPECT_EQ(start("b1", 8).report.events, 7u);       // too few events
  EXPECT_TRUE(snapshots().empty());
}

TEST_F(BuildSnapshotTest, ASnapshotThatCannotBeReadCostsAReplayAndNothingElse) {
  add(7);
  start("b1");
  const std::string key = snapshots()[0].schema;
  add(3);
  ASSERT_TRUE(*events_.snapshots().save("ledger", key, 8, R"({"total":"many"})"));
  const Started started = start("b1");
  EXPECT_EQ(started.report.snapshot, 0u);
  EXPECT_EQ(started.report.events, 10u);
  EXPECT_EQ(started.state, state_of(store_));
  EXPECT_EQ(snapshots()[0].position, 10u) << "a good one takes its place";
}

TEST_F(BuildSnapshotTest, AStateThatIsNotWhatTheLogMakesOfItIsGivenUp) {
  add(7);
  start("b1");
  const std::string key = snapshots()[0].schema;
  add(3);
  ASSERT_TRUE(*events_.snapshots().save("ledger", key, 8, R"({"total":-2000})"));
  const Started started = start("b1");
  EXPECT_FALSE(started.halted);
  EXPECT_EQ(started.report.snapshot, 0u);
  EXPECT_EQ(started.state, state_of(store_));
}

TEST_F(BuildSnapshotTest, ANewcomerBeginsWithItsSnapshotAndLeavesOne) {
  StoreOptions options;
  options.snapshot_events = 5;
  add(6);
  Store store(generation<Exporting>("b1"), environment(), options);
  ASSERT_TRUE(store.replay().ok());
  loop_.run();
  const auto replace = [&](std::string_view build) {
    auto report = store.replace(std::make_shared<DomainHandle>(generation<Exporting>(build)));
    loop_.run();
    return report;
  };
  auto report = replace("b2");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->snapshot, 0u);
  EXPECT_EQ(report->events, 6u);
  EXPECT_EQ(snapshots().size(), 2u);
  report = replace("b1");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->snapshot, 6u);
  EXPECT_EQ(report->events, 0u);
  EXPECT_EQ(state_of(store), state_of(store_));
}

TEST_F(BuildSnapshotTest, ASnapshotBeyondWhatServesIsNotTaken) {
  add(7);
  start("b1");
  DomainHandle domain = generation<Exporting>("b1");
  const auto replayed = replay_from_snapshot(events_, domain, 4);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->snapshot, 0u);
  EXPECT_EQ(replayed->progress.position, 4u);
}

// The property: from wherever a snapshot was taken, with the rest of the log the state is what the
// whole log makes.
TEST_F(BuildSnapshotTest, ASnapshotAndTheRestAreTheWhole) {
  std::mt19937 random(20261120);
  for (int round = 0; round < 100; ++round) {
    for (std::uint32_t n = random() % 8; n != 0; --n) {
      const std::string json = R"({"name":")" +
                               std::string(1, static_cast<char>('a' + random() % 5)) +
                               R"(","by":)" + std::to_string(random() % 100) + "}";
      send(number("Add"), json);
    }
    const Started started = start("b1", 1 + random() % 20);
    ASSERT_EQ(started.report.position, store_.health().position);
    ASSERT_EQ(started.state, start<Silent>("b1").state) << "in round " << round;
    ASSERT_EQ(started.state, state_of(store_)) << "in round " << round;
  }
}

}  // namespace
}  // namespace composable::host
