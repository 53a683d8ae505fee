// decide -> persist -> evolve -> broadcast -> reply, seen from outside.
#include <thread>

#include "store_fixture.hpp"

namespace composable::host {
namespace {

using Kind = Outcome::Kind;
using PipelineTest = StoreTest;

TEST_F(PipelineTest, ACommandThatSettlesWithoutAnEventIsAnsweredAtOnce) {
  RecordingWaiter& w = waiter();
  send("Quiet", "{}", &w);
  EXPECT_EQ(w.calls, 1);  // before anything else ran, and before any time passed
  EXPECT_EQ(w.kind, Kind::kSettled);
}

TEST_F(PipelineTest, AnAppendIsAnsweredWhenItIsDurableAndNotBefore) {
  events_.shut();
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"one"})", &w);
  loop_.run();
  EXPECT_EQ(w.calls, 0);
  EXPECT_TRUE(listener_.heard.empty());
  events_.open();
  loop_.run();
  EXPECT_EQ(w.calls, 1);
  EXPECT_EQ(w.kind, Kind::kSettled);
  EXPECT_EQ(w.position, 1u);
  EXPECT_EQ(listener_.heard, std::vector<std::string>{R"(Noted {"text":"one"})"});
}

TEST_F(PipelineTest, TwoCommandsOnOneStreamInFlightTogetherAreDecidedOneAfterTheOther) {
  events_.shut();
  RecordingWaiter& first = waiter();
  RecordingWaiter& second = waiter();
  RecordingWaiter& other = waiter();
  send("Note", R"({"stream":"s","text":"one"})", &first);
  send("Note", R"({"stream":"s","text":"two"})", &second);
  send("Note", R"({"stream":"t","text":"three"})", &other);
  loop_.run();
  EXPECT_EQ(events_.held(), 2u);  // s once and t: the second on s is parked
  EXPECT_EQ(store_->health().parked, 1u);
  events_.let_through(2);
  loop_.run();
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(other.calls, 1);
  EXPECT_EQ(second.calls, 0);
  ASSERT_EQ(events_.held(), 1u);
  EXPECT_EQ(events_.oldest().streams[0].seen_position, 1u);  // decided on what the first left
  events_.let_through(1);
  loop_.run();
  EXPECT_EQ(second.kind, Kind::kSettled);
  EXPECT_EQ(texts("s"), (std::vector<std::string>{"one", "two"}));
}

TEST_F(PipelineTest, ParkedCommandsKeepTheirOrder) {
  events_.shut();
  for (int n = 0; n < 20; ++n) {
    send("Note", R"({"stream":"s","text":")" + std::to_string(n) + R"("})");
  }
  while (events_.held() != 0) {
    EXPECT_EQ(events_.held(), 1u);
    events_.let_through(1);
    loop_.run();
  }
  std::vector<std::string> expected;
  for (int n = 0; n < 20; ++n) expected.push_back(std::to_string(n));
  EXPECT_EQ(texts("s"), expected);
  EXPECT_EQ(store_->health().parked, 0u);
}

TEST_F(PipelineTest, ACommandOverTwoStreamsWaitsForBothAndHoldsItsPlaceOnEach) {
  events_.shut();
  RecordingWaiter& pair = waiter();
  RecordingWaiter& late = waiter();
  send("Note", R"({"stream":"x","text":"1"})");
  send("Pair", R"({"a":"x","b":"y"})", &pair);          // parked: x is busy
  send("Note", R"({"stream":"y","text":"2"})", &late);  // behind the pair, though y is idle
  loop_.run();
  EXPECT_EQ(events_.held(), 1u);
  EXPECT_EQ(store_->health().parked, 2u);
  events_.open();
  loop_.run();
  EXPECT_EQ(pair.kind, Kind::kRefused);  // x is no longer empty: its guard does not hold
  EXPECT_EQ(pair.refusal.code, "CONFLICT");
  EXPECT_EQ(pair.refusal.status, 409);
  EXPECT_EQ(late.kind, Kind::kSettled);
  EXPECT_EQ(texts("y"), std::vector<std::string>{"2"});  // nothing of the pair was written
}

TEST_F(PipelineTest, AConflictIsDecidedAgainThreeTimesOnFreshState) {
  events_.shut();
  auto subscriber = store_->subscribe_actions();
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"ours"})", &w);
  for (int round = 0; round < 3; ++round) {
    // Another host appends to the stream before our append arrives.
    struct Other final : AppendListener {
      void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {}
    } other;
    auto theirs = std::make_unique<AppendRequest>();
    theirs->domain = "probe";
    StreamAppend append;
    append.stream = "s";
    append.expected = Expected::kAny;
    append.events.push_back(
        {Uuid::v7(clock_.unix_micros(), rng_), "Noted", R"({"text":"theirs"})"});
    theirs->streams.push_back(std::move(append));
    events_.log().append(std::move(theirs), other);
    ASSERT_EQ(events_.held(), 1u);
    events_.let_through(1);
    loop_.run();
    EXPECT_EQ(w.calls, 0);
  }
  events_.open();
  loop_.run();
  EXPECT_EQ(w.kind, Kind::kSettled);
  EXPECT_EQ(texts("s"), (std::vector<std::string>{"theirs", "theirs", "theirs", "ours"}));
  // Theirs as they were found, ours once; nothing of the command.
  EXPECT_EQ(observed(*subscriber), std::vector<std::string>(4, "Noted"));
}

TEST_F(PipelineTest, ADecideThatFailsAnswers500AndLeavesNothing) {
  RecordingWaiter& w = ask("Fail", "{}");
  EXPECT_EQ(w.kind, Kind::kRefused);
  EXPECT_EQ(w.refusal.status, 500);
  EXPECT_EQ(w.refusal.message, "An internal error occurred");
  EXPECT_EQ(events_.stats().events, 0u);
  EXPECT_EQ(ask("Quiet", "{}").kind, Kind::kSettled);  // the domain goes on
}

TEST_F(PipelineTest, AnUnreadablePayloadIs400WithItsPath) {
  RecordingWaiter& w = ask("Note", R"({"stream":"s","text":7})");
  EXPECT_EQ(w.refusal.status, 400);
  EXPECT_EQ(w.refusal.code, "BAD_REQUEST");
  EXPECT_EQ(w.refusal.path, "text");
  EXPECT_EQ(w.refusal.message, "expected string");
}

TEST_F(PipelineTest, ARejectionGoesToWhoCausedItAndToNoSocket) {
  RecordingWaiter& w = ask("Refuse", R"({"reason":"no"})");
  EXPECT_EQ(w.kind, Kind::kRefused);
  EXPECT_EQ(w.type, "Refused");
  EXPECT_EQ(w.refusal.status, 400);
  EXPECT_EQ(w.refusal.code, "REFUSED");
  EXPECT_EQ(w.refusal.message, "the probe refused");
  EXPECT_TRUE(listener_.heard.empty());
}

TEST_F(PipelineTest, AnAppendThatTheStoreCannotWriteIs503AndMovesNothing) {
  events_.shut();
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"lost"})", &w);
  events_.fail_one(AppendCode::kUnavailable);
  loop_.run();
  EXPECT_EQ(w.refusal.status, 503);
  EXPECT_TRUE(listener_.heard.empty());
  events_.open();
  EXPECT_EQ(ask("Note", R"({"stream":"s","text":"next"})").kind, Kind::kSettled);
  EXPECT_EQ(texts("s"), std::vector<std::string>{"next"});
}

TEST_F(PipelineTest, AnAppendWhoseOutcomeIsUnknownIsInTheStateBeforeAnythingElseIsDecided) {
  events_.shut();
  RecordingWaiter& unknown = waiter();
  send("Note", R"({"stream":"s","text":"first"})", &unknown);
  events_.write_without_telling();
  loop_.run();
  EXPECT_EQ(unknown.refusal.status, 504);
  events_.open();
  RecordingWaiter& next = ask("Note", R"({"stream":"s","text":"second"})");
  EXPECT_EQ(next.kind, Kind::kSettled);
  EXPECT_EQ(next.position, 2u);
  EXPECT_EQ(texts("s"), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(listener_.positions, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(store_->health().position, 2u);
}

TEST_F(PipelineTest, AnUnknownOutcomeDoesNotHideBehindALaterCommit) {
  events_.shut();
  send("Note", R"({"stream":"s","text":"unknown"})");
  RecordingWaiter& later = waiter();
  send("Note", R"({"stream":"t","text":"later"})", &later);
  events_.write_without_telling();
  events_.open();  // both answers wait in the mailbox together
  loop_.run();
  EXPECT_EQ(later.kind, Kind::kSettled);
  EXPECT_EQ(later.position, 2u);
  EXPECT_EQ(listener_.positions, (std::vector<std::uint64_t>{1, 2}));
  std::uint64_t noted = 0;
  store_->read(
      [&](const DomainHandle& d) { noted = reinterpret_cast<const std::uint64_t*>(d.state())[0]; });
  EXPECT_EQ(noted, 2u);
}

TEST_F(PipelineTest, EffectsBesideAnAppendAreDroppedWhenItFails) {
  events_.shut();
  send("Schedule", R"({"stream":"s","key":"k","ms":1})");
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  loop_.advance(10'000);
  EXPECT_EQ(store_->health().delays, 0u);
  EXPECT_TRUE(texts("later-k").empty());
}

TEST_F(PipelineTest, AnEvolveThatFailsHaltsTheDomainAndNamesThePosition) {
  ask("Note", R"({"stream":"s","text":"good"})");
  RecordingWaiter& w = ask("Poison", R"({"stream":"s"})");
  EXPECT_EQ(w.refusal.status, 503);
  const StoreHealth health = store_->health();
  EXPECT_TRUE(health.halted);
  EXPECT_EQ(health.reason, "evolve failed at position 2: the probe was poisoned");
  EXPECT_EQ(health.position, 1u);
  RecordingWaiter& refused = ask("Quiet", "{}");
  EXPECT_EQ(refused.refusal.status, 503);
  EXPECT_EQ(refused.refusal.message, "The domain probe is halted until it is reloaded");
}

TEST_F(PipelineTest, AHaltAnswersEverybodyWhoWaits) {
  events_.shut();
  RecordingWaiter& poison = waiter();
  RecordingWaiter& parked = waiter();
  RecordingWaiter& in_flight = waiter();
  send("Poison", R"({"stream":"s"})", &poison);
  send("Note", R"({"stream":"s","text":"parked"})", &parked);
  send("Note", R"({"stream":"t","text":"in flight"})", &in_flight);
  events_.open();
  loop_.run();
  EXPECT_EQ(poison.refusal.status, 503);
  EXPECT_EQ(parked.refusal.status, 503);
  EXPECT_EQ(in_flight.calls, 1);
  EXPECT_EQ(store_->health().causes, 0u);
}

TEST_F(PipelineTest, AHaltedLogHaltsAgainAtTheSamePosition) {
  ask("Note", R"({"stream":"s","text":"good"})");
  ask("Poison", R"({"stream":"s"})");
  start();
  EXPECT_EQ(store_->health().reason, "evolve failed at position 2: the probe was poisoned");
}

TEST_F(PipelineTest, ReplayMakesTheSameStateAsLife) {
  for (int n = 0; n < 50; ++n) {
    ask("Note", R"({"stream":"s)" + std::to_string(n % 7) + R"(","text":"t"})");
    clock_.advance(1234);
  }
  const auto digest = [&] {
    std::uint64_t out = 0;
    store_->read([&](const DomainHandle& d) {
      out =
          reinterpret_cast<const std::uint64_t*>(d.state())[2];  // probe.h: noted, position, digest
    });
    return out;
  };
  const std::uint64_t live = digest();
  start();
  EXPECT_EQ(replayed_.events, 50u);
  EXPECT_EQ(replayed_.position, 50u);
  EXPECT_EQ(digest(), live);
}

TEST_F(PipelineTest, AWaitThatGetsNoAnswerTimesOut) {
  events_.shut();
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"slow"})", &w);
  loop_.advance(4'900'000);
  EXPECT_EQ(w.calls, 0);
  loop_.advance(200'000);
  EXPECT_EQ(w.refusal.status, 504);
  EXPECT_EQ(w.refusal.code, "TIMEOUT");
  events_.open();
  loop_.run();
  EXPECT_EQ(w.calls, 1);  // the late outcome is nobody's
  EXPECT_EQ(texts("s"), std::vector<std::string>{"slow"});
}

TEST_F(PipelineTest, InProcessObserversSeeEveryActionThatAnEffectProducedAndNoInitialCommand) {
  auto subscriber = store_->subscribe_actions();
  ask("Chain", R"({"n":2})");
  EXPECT_EQ(observed(*subscriber), (std::vector<std::string>{"Link", "Link", "Chained"}));
  ask("Refuse", R"({"reason":"no"})");
  EXPECT_EQ(observed(*subscriber), std::vector<std::string>{"Refused"});
}

TEST_F(PipelineTest, OverloadIsSaidAndTakesNothing) {
  StoreOptions small;
  small.parked = 2;
  options_ = small;
  start();
  events_.shut();
  send("Note", R"({"stream":"s","text":"0"})");
  send("Note", R"({"stream":"s","text":"1"})");
  send("Note", R"({"stream":"s","text":"2"})");
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"3"})", &w);
  EXPECT_EQ(w.refusal.status, 503);
  EXPECT_EQ(w.refusal.retry_after_s, 1u);
  EXPECT_EQ(store_->metrics().refused_overloaded, 1u);
}

TEST_F(PipelineTest, SendAndWaitForReturnsTheMatchingActionOfItsOwnCause) {
  std::thread looper;
  std::atomic<bool> stop{false};
  looper = std::thread([&] {
    while (!stop) loop_.run();
  });
  const auto awaited = store_->send_and_wait_for(
      "Chain", R"({"n":3})", {},
      [](std::string_view type, std::string_view) { return type == "Chained"; }, 5'000'000);
  const auto unmatched = store_->send_and_wait_for(
      "Quiet", "{}", {}, [](std::string_view, std::string_view) { return true; }, 5'000'000);
  stop = true;
  looper.join();
  ASSERT_TRUE(awaited.ok()) << awaited.status();
  EXPECT_EQ(awaited->type, "Chained");
  EXPECT_EQ(unmatched.status().code(), absl::StatusCode::kAborted);
}

TEST_F(PipelineTest, ShutdownRefusesNewWorkAndCountsWhatDidNotEnd) {
  events_.shut();
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"open"})", &w);
  EXPECT_EQ(store_->shutdown(0), 1u);
  loop_.run();
  EXPECT_EQ(w.refusal.message, "The host is shutting down");
  RecordingWaiter& refused = ask("Quiet", "{}");
  EXPECT_EQ(refused.refusal.status, 503);
  events_.open();
}

}  // namespace
}  // namespace composable::host
