// Feedback, groups, delays, jobs and loads.
#include <algorithm>

#include "observe/log_capture.hpp"
#include "store_fixture.hpp"

namespace composable::host {
namespace {

using Kind = Outcome::Kind;
using EffectsTest = StoreTest;

TEST_F(EffectsTest, WhatIsSentIsDecidedUntilTheCauseHasSettled) {
  EXPECT_EQ(ask("Chain", R"({"n":100})").kind, Kind::kSettled);
  EXPECT_EQ(listener_.received, std::vector<std::string>{"Chained {}"});
  EXPECT_EQ(store_->health().causes, 0u);
}

TEST_F(EffectsTest, ALongChainHandsTheLoopOverAndIsNotLost) {
  RecordingWaiter& w = ask("Chain", R"({"n":5000})");
  EXPECT_EQ(w.kind, Kind::kSettled);
  EXPECT_EQ(listener_.received.size(), 1u);
}

TEST_F(EffectsTest, AnAnnouncementIsBroadcastAndStoredNowhere) {
  ask("Tell", R"({"text":"hello"})");
  EXPECT_EQ(listener_.received, std::vector<std::string>{R"(Told {"text":"hello"})"});
  EXPECT_EQ(listener_.positions, std::vector<std::uint64_t>{0});
  EXPECT_EQ(events_.stats().events, 0u);
}

TEST_F(EffectsTest, ADelayFiresWhenItIsDueAndDoesNotKeepItsCauseOpen) {
  EXPECT_EQ(ask("Later", R"({"key":"k","ms":50})").kind, Kind::kSettled);
  loop_.advance(49'000);
  EXPECT_TRUE(texts("later-k").empty());
  loop_.advance(1'000);
  EXPECT_EQ(texts("later-k"), std::vector<std::string>{"k"});
}

TEST_F(EffectsTest, ADelayOfTheSameKeyReplacesThePendingOne) {
  ask("Later", R"({"key":"k","ms":50})");
  ask("Later", R"({"key":"k","ms":100})");
  EXPECT_EQ(store_->health().delays, 1u);
  loop_.advance(60'000);
  EXPECT_TRUE(texts("later-k").empty());
  loop_.advance(60'000);
  EXPECT_EQ(texts("later-k").size(), 1u);
}

TEST_F(EffectsTest, ACancelledDelayNeverFires) {
  ask("Later", R"({"key":"k","ms":50})");
  ask("Cancel", R"({"key":"k"})");
  loop_.advance(100'000);
  EXPECT_TRUE(texts("later-k").empty());
}

TEST_F(EffectsTest, ADelayBesideAnAppendSurvivesRestartAndFiresOnce) {
  ask("Schedule", R"({"stream":"s","key":"k","ms":50})");
  start();
  EXPECT_EQ(store_->health().delays, 1u);
  loop_.advance(60'000);
  EXPECT_EQ(texts("later-k"), std::vector<std::string>{"k"});
  EXPECT_TRUE(events_.load_timers("probe")->empty());
  start();
  loop_.advance(60'000);
  EXPECT_EQ(texts("later-k").size(), 1u);
}

TEST_F(EffectsTest, ADelayThatCameDueWhileTheHostWasDownFiresAtStart) {
  ask("Schedule", R"({"stream":"s","key":"k","ms":50})");
  store_.reset();
  clock_.advance(1'000'000);
  start();
  EXPECT_EQ(texts("later-k").size(), 1u);
}

TEST_F(EffectsTest, CancellingAStoredDelayRemovesItsRow) {
  ask("Schedule", R"({"stream":"s","key":"k","ms":50})");
  EXPECT_EQ(events_.load_timers("probe")->size(), 1u);
  ask("Cancel", R"({"key":"k"})");
  loop_.run();
  EXPECT_TRUE(events_.load_timers("probe")->empty());
}

TEST_F(EffectsTest, AnUnstoredDelayOfTheSameKeyTakesTheRowOfTheStoredOneAway) {
  ask("Schedule", R"({"stream":"s","key":"k","ms":50})");
  ask("Later", R"({"key":"k","ms":70})");
  loop_.run();
  EXPECT_TRUE(events_.load_timers("probe")->empty());
  loop_.advance(100'000);
  EXPECT_EQ(texts("later-k").size(), 1u);
}

TEST_F(EffectsTest, AJobsResultIsDecidedBeforeItsCauseSettles) {
  EXPECT_EQ(ask("Echo", R"({"key":"j","text":"hi"})").kind, Kind::kSettled);
  EXPECT_EQ(texts("echo"), std::vector<std::string>{"hi"});
}

TEST_F(EffectsTest, AFailingJobEndsTheWaitAndIsCounted) {
  RecordingWaiter& w = ask("Break", "{}");
  EXPECT_EQ(w.refusal.status, 500);
  EXPECT_EQ(store_->metrics().effect_failures, 1u);
  EXPECT_EQ(store_->health().jobs, 0u);
}

// As many as clients like to ask for.
TEST_F(EffectsTest, JobsThatFailAreAllCountedAndAFewLines) {
  const LogCapture log;
  for (int n = 0; n < 50; ++n) EXPECT_EQ(ask("Break", "{}").refusal.status, 500);
  EXPECT_EQ(store_->metrics().effect_failures, 50u);
  const auto lines = log.lines();
  const auto failed = std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("effect_failed") != line.npos;
  });
  EXPECT_LE(failed, 10);
}

TEST_F(EffectsTest, ASuspendedJobGoesOnWhenItsTimeHasCome) {
  RecordingWaiter& w = waiter();
  send("Slow", R"({"key":"j","text":"later","ms":30})", &w);
  // Suspended, it waits for a timer of the loop, beside the one of the waiter's deadline.
  ASSERT_TRUE(loop_.run_until([&] { return loop_.timers() == 2; }));
  loop_.advance(29'000);
  EXPECT_EQ(w.calls, 0);
  loop_.advance(1'000);
  ASSERT_TRUE(loop_.run_until([&] { return w.calls != 0; }));
  EXPECT_EQ(w.kind, Kind::kSettled);
  EXPECT_EQ(texts("echo"), std::vector<std::string>{"later"});
}

TEST_F(EffectsTest, ACancelledJobIsDroppedAndItsCauseSettles) {
  RecordingWaiter& w = waiter();
  send("Slow", R"({"key":"j","text":"never","ms":3600000})", &w);
  send("Cancel", R"({"key":"j"})");
  ASSERT_TRUE(loop_.run_until([&] { return w.calls != 0; }));
  EXPECT_TRUE(texts("echo").empty());
  EXPECT_EQ(store_->health().jobs, 0u);
}

TEST_F(EffectsTest, ParallelWaitsForAllOfItsCascades) {
  EXPECT_EQ(ask("Parallel", R"({"n":10})").kind, Kind::kSettled);
  EXPECT_EQ(texts("echo").size(), 10u);
}

TEST_F(EffectsTest, SequentialStartsAStepWhenTheCascadeOfTheOneBeforeHasSettled) {
  EXPECT_EQ(ask("Sequential", R"({"n":10})").kind, Kind::kSettled);
  std::vector<std::string> expected;
  for (int n = 1; n <= 10; ++n) expected.push_back(std::to_string(n));
  EXPECT_EQ(texts("echo"), expected);
}

TEST_F(EffectsTest, AnEmptyGroupSettles) {
  EXPECT_EQ(ask("Sequential", R"({"n":0})").kind, Kind::kSettled);
  EXPECT_EQ(ask("Parallel", R"({"n":0})").kind, Kind::kSettled);
}

TEST_F(EffectsTest, ALoadComesBackAsAnAction) {
  ask("Note", R"({"stream":"s","text":"one"})");
  listener_.received.clear();
  EXPECT_EQ(ask("Load", R"({"stream":"s"})").kind, Kind::kSettled);
  ASSERT_EQ(listener_.received.size(), 1u);
  EXPECT_EQ(listener_.received[0],
            R"(Paged {"stream":"s","events":[{"type":"Noted","version":1,"position":1,)"
            R"("recorded_at":"2023-11-14T22:13:21.000Z","data":{"text":"one"}}],"more":false})");
}

}  // namespace
}  // namespace composable::host
