// Trials that end with a verdict about the file: what a good plugin does, and what a refusal says.
#include <csignal>

#include "canary_fixture.hpp"
#include "child/frames.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// --- good ones ----------------------------------------------------------------------------------

TEST_F(CanaryTest, AGoodPluginEvolvesAndIsUnmapped) {
  std::string asked;
  const auto report = canary_.try_candidate(
      {.file = orders_,
       .config = [&](std::string_view domain) { return asked = domain, "{}"; },
       .events = events_of("OrderPlaced", kPlaced, 5)});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(asked, "orders");
  EXPECT_EQ(report->domain, "orders");
  EXPECT_EQ(report->version, "1.0.0");
  EXPECT_EQ(report->events, 5u);
  EXPECT_EQ(report->held, "");
  EXPECT_GT(report->load.count(), 0);
  Loader loader(*run_, {});
  EXPECT_EQ(report->build, loader.load(orders_)->build());
}

TEST_F(CanaryTest, WhatItLeavesOnDiskGoesWithTheNextTrialOrItsEnd) {
  {
    Canary canary(*run_);
    for (int n = 0; n < 3; ++n) EXPECT_TRUE(canary.try_candidate({.file = orders_}).ok());
    EXPECT_LE(left().size(), 1u);
  }
  EXPECT_EQ(left(), std::vector<fs::path>());
}

TEST_F(CanaryTest, MoreEventsThanFitInAPipe) {
  const auto report = canary_.try_candidate({.file = orders_,
                                             .config = {},
                                             .events = events_of("OrderPlaced", kPlaced, 20'000),
                                             .deadline = std::chrono::minutes(1)});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->events, 20'000u);
}

TEST_F(CanaryTest, TheHostItselfMapsNothingOfIt) {
  const std::size_t before = mappings_with("orders");
  EXPECT_TRUE(canary_.try_candidate({.file = orders_}).ok());
  EXPECT_EQ(mappings_with("orders"), before);
}

TEST_F(CanaryTest, ACandidateThatStaysMappedIsGoodAndSaysWhy) {
  const auto report = canary_.try_candidate({.file = fixture("unique_symbol.so")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->held.starts_with("it is permanent; ")) << report->held;
}

TEST_F(CanaryTest, AFieldThatTheDomainHasNoMoreIsNoFault) {
  const auto report = canary_.try_candidate(
      {.file = orders_,
       .config = {},
       .events = events_of("OrderPlaced", R"({"order_id":"1","since_removed":true})", 1)});
  EXPECT_TRUE(report.ok()) << report.status();
}

TEST_F(CanaryTest, AStateIsImported) {
  const auto report =
      canary_.try_candidate({.file = COUNTER_PLUGIN, .state = one_state(1, R"({"count":7})")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->imported);
  EXPECT_EQ(report->state_bytes, 11u);
}

TEST_F(CanaryTest, ALargeStateGoesInParts) {
  const auto report =
      canary_.try_candidate({.file = deadly("dies_in_import.so"),
                             .state = one_state(1, std::string(COMPOSABLE_MAX_STATE_BYTES, 'x')),
                             .deadline = std::chrono::minutes(1)});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->state_bytes, COMPOSABLE_MAX_STATE_BYTES);
}

TEST_F(CanaryTest, AnEmptyStateIsOneToo) {
  const auto report =
      canary_.try_candidate({.file = deadly("dies_in_import.so"), .state = one_state(1, "")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->imported);
}

TEST_F(CanaryTest, ACandidateThatResetsTheStateIsNotTroubledWithIt) {
  const auto report =
      canary_.try_candidate({.file = fixture("tiny_that_resets.so"), .state = one_state(1, "{}")});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->imported);
}

TEST_F(CanaryTest, WhereThereIsNoStateNothingIsImported) {
  const auto report = canary_.try_candidate(
      {.file = COUNTER_PLUGIN, .state = [](std::string_view) { return std::nullopt; }});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->imported);
}

// --- refused by what it says --------------------------------------------------------------------

TEST_F(CanaryTest, TheLoadersRefusalIsTheCanarys) {
  Loader loader(*run_, {});
  for (const char* name : {"wrong_abi.so", "create_fails.so", "throws_in_create.so"}) {
    const fs::path file = fs::path(BAD_PLUGINS_DIR) / name;
    const absl::Status refused = loader.load(file).status();
    EXPECT_EQ(canary_.try_candidate({.file = file}).status(), refused) << name;
  }
}

TEST_F(CanaryTest, TheConfigurationReachesCreate) {
  const auto tried_with = [&](std::string_view config) {
    return canary_
        .try_candidate({.file = fixture("tiny.so"),
                        .config = [&](std::string_view) { return std::string(config); }})
        .status();
  };
  EXPECT_EQ(tried_with("{}"), absl::OkStatus());
  EXPECT_EQ(message_of(tried_with("[]")),
            fixture("tiny.so").string() +
                ": create: expected an object; see domains.tiny in the configuration");
}

TEST_F(CanaryTest, AStoredEventThatCannotBeDecodedIsNamedWithItsPath) {
  EXPECT_EQ(refusal({.file = orders_,
                     .config = {},
                     .events = events_of("OrderPlaced", R"({"items":[{"quantity":"two"}]})", 1)}),
            "evolving OrderPlaced of stream \"order-1\" at position 1 failed: items[0].quantity: "
            "expected unsigned integer, found string \"two\"; every stored event must evolve");
  EXPECT_EQ(code_, absl::StatusCode::kFailedPrecondition);
}

TEST_F(CanaryTest, AnEventThatItDoesNotEvolveIsNamedWithItsPosition) {
  EXPECT_EQ(
      refusal(
          {.file = orders_, .config = {}, .events = events_of("OrderPlaced", R"({"items":7})", 1)}),
      "evolving OrderPlaced of stream \"order-1\" at position 1 failed: items: expected array, "
      "found 7; every stored event must evolve");
}

TEST_F(CanaryTest, AStoredTypeThatItNoLongerKnowsIsNamed) {
  const std::string stored =
      "the domain does not know the event type OrderLost, stored in stream \"order-1\" at position "
      "1; "
      "declare it";
  EXPECT_EQ(refusal({.file = orders_, .config = {}, .events = events_of("OrderLost", "{}", 1)}),
            stored);
}

TEST_F(CanaryTest, AnExceptionOutOfEvolveIsNamed) {
  const fs::path file = deadly("throws_in_decode.so");
  EXPECT_EQ(refusal({.file = file, .config = {}, .events = events_of("Nothing", "{}", 1)}),
            "its evolve let an exception out: not a std::exception; catch it in the plugin and "
            "return COMPOSABLE_E_EXCEPTION");
}

TEST_F(CanaryTest, AStateThatItDoesNotTakeIsNamedWithItsSchemaAndThePlace) {
  const fs::path file = deadly("dies_in_import.so");
  EXPECT_EQ(refusal({.file = file, .state = one_state(1, "refuse")}),
            "its schema is 2, and it does not take the state of schema 1 that serves now: total: "
            "too old; teach it that schema");
  EXPECT_EQ(code_, absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refusal({.file = file, .state = one_state(1, "throw")}),
            "its import_state let an exception out: no such field; catch it in the plugin and "
            "return COMPOSABLE_E_EXCEPTION");
}

TEST_F(CanaryTest, ACandidateThatHasNoWayForTheStateIsRefused) {
  EXPECT_EQ(refusal({.file = fixture("tiny.so"), .state = one_state(1, "{}")}),
            "it does not say what becomes of the state; let it export and import that, or declare "
            "that it may be lost (composable.reload/1)");
  EXPECT_EQ(refusal({.file = orders_, .state = one_state(1, "{}")}),
            "it is durable and the generation that serves is ephemeral, so the state cannot be "
            "carried over; restart the host with it, or give it another name");
}

// The canary dies while the host is writing to it: neither waits for the other, nothing is lost.
TEST_F(CanaryTest, ARefusalAmidManyEventsIsHeard) {
  std::uint64_t asked_for = 0;
  const auto events = [&](std::string_view domain, const CanaryTrial::Visit& visit) {
    const auto good = events_of("OrderPlaced", kPlaced, 100);
    if (auto s = good(domain, visit); !s.ok()) return s;
    const auto bad = events_of("OrderLost", std::string(1'000, ' '), 1'000'000);
    return bad(domain, [&](const auto& event) {
      ++asked_for;
      return visit(event);
    });
  };
  EXPECT_EQ(refusal({.file = orders_, .config = {}, .events = events}),
            "the domain does not know the event type OrderLost, stored in stream \"order-1\" at "
            "position 1; declare it");
  EXPECT_LT(asked_for, 1'000'000u) << "the log is read no further than it is of use";
}

TEST_F(CanaryTest, WritingToOneThatHasEndedIsNoSignal) {
  const auto events = [&](std::string_view domain, const CanaryTrial::Visit& visit) {
    const auto bad = events_of("OrderLost", std::string(1'000, ' '), 100);
    const absl::Status visited = bad(domain, visit);
    siginfo_t ended{};
    EXPECT_EQ(::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
    return visited.ok() ? bad(domain, visit) : visited;
  };
  EXPECT_EQ(refusal({.file = orders_, .config = {}, .events = events}),
            "the domain does not know the event type OrderLost, stored in stream \"order-1\" at "
            "position 1; declare it");
}

}  // namespace
}  // namespace composable::host
