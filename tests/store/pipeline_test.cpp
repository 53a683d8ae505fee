// decide -> persist -> evolve -> broadcast -> reply, seen from outside.
#include <thread>

#include "observe/log_capture.hpp"
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
  EXPECT_TRUE(listener_.received.empty());
  events_.open();
  loop_.run();
  EXPECT_EQ(w.calls, 1);
  EXPECT_EQ(w.kind, Kind::kSettled);
  EXPECT_EQ(w.position, 1u);
  EXPECT_EQ(listener_.received, std::vector<std::string>{R"(Noted {"text":"one"})"});
}

TEST_F(PipelineTest, TwoCommandsOnOneStreamAreDecidedOneUponTheOtherAndStoredTogether) {
  events_.shut();
  RecordingWaiter& first = waiter();
  RecordingWaiter& second = waiter();
  RecordingWaiter& other = waiter();
  send("Note", R"({"stream":"s","text":"one"})", &first);
  send("Note", R"({"stream":"s","text":"two"})", &second);
  send("Note", R"({"stream":"t","text":"three"})", &other);
  loop_.run();
  EXPECT_EQ(events_.held(), 3u);  // nobody waits for the disk to be decided
  EXPECT_EQ(store_->health().flight, 3u);
  events_.let_through(1);
  loop_.run();
  EXPECT_EQ(first.kind, Kind::kSettled);
  EXPECT_EQ(second.calls, 0);
  EXPECT_EQ(events_.oldest().streams[0].expected, Expected::kExact);
  EXPECT_EQ(events_.oldest().streams[0].exact_version, 1u);
  events_.open();
  loop_.run();
  EXPECT_EQ(second.kind, Kind::kSettled);
  EXPECT_EQ(other.position, 3u);
  EXPECT_EQ(texts("s"), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(store_->health().flight, 0u);
}

TEST_F(PipelineTest, CommandsOfOneStreamKeepTheirOrder) {
  events_.shut();
  std::vector<std::string> expected;
  for (int n = 0; n < 20; ++n) {
    send("Note", R"({"stream":"s","text":")" + std::to_string(n) + R"("})");
    expected.push_back(std::to_string(n));
  }
  EXPECT_EQ(events_.held(), 20u);
  events_.open();
  loop_.run();
  EXPECT_EQ(texts("s"), expected);
}

TEST_F(PipelineTest, AnExpectationIsHeldAgainstWhatIsDecidedAndAnsweredWhenThatIsDurable) {
  events_.shut();
  RecordingWaiter& pair = waiter();
  RecordingWaiter& late = waiter();
  send("Note", R"({"stream":"x","text":"1"})");
  send("Pair", R"({"a":"x","b":"y"})", &pair);  // wants both to be new
  send("Note", R"({"stream":"y","text":"2"})", &late);
  loop_.run();
  EXPECT_EQ(events_.held(), 2u);
  EXPECT_EQ(pair.calls, 0);  // x is not durable yet
  events_.let_through(1);
  loop_.run();
  EXPECT_EQ(pair.kind, Kind::kRefused);
  EXPECT_EQ(pair.refusal.code, "CONFLICT");
  EXPECT_EQ(pair.refusal.status, 409);
  EXPECT_EQ(pair.refusal.message, "The stream x has changed; it is at version 1");
  EXPECT_EQ(late.calls, 0);
  events_.open();
  loop_.run();
  EXPECT_EQ(late.kind, Kind::kSettled);
  EXPECT_EQ(texts("y"), std::vector<std::string>{"2"});  // nothing of the pair was written
}

TEST_F(PipelineTest, WhatWasDecidedOnAStateThatIsNotDurableWaitsForIt) {
  events_.shut();
  RecordingWaiter& rejection = waiter();
  RecordingWaiter& nothing = waiter();
  RecordingWaiter& failure = waiter();
  RecordingWaiter& unreadable = waiter();
  send("Note", R"({"stream":"s","text":"one"})");
  send("Refuse", R"({"reason":"no"})", &rejection);
  send("Quiet", "{}", &nothing);
  send("Tell", R"({"text":"hello"})");
  send("Fail", "{}", &failure);
  send("Note", R"({"stream":"s","text":7})", &unreadable);
  loop_.run();
  for (const RecordingWaiter* w : {&rejection, &nothing, &failure, &unreadable}) {
    EXPECT_EQ(w->calls, 0);
  }
  EXPECT_TRUE(listener_.received.empty());
  events_.open();
  loop_.run();
  EXPECT_EQ(rejection.type, "Refused");
  EXPECT_EQ(nothing.kind, Kind::kSettled);
  EXPECT_EQ(failure.refusal.status, 500);
  EXPECT_EQ(unreadable.refusal.path, "text");
  EXPECT_EQ(listener_.received,
            (std::vector<std::string>{R"(Noted {"text":"one"})", R"(Told {"text":"hello"})"}));
}

TEST_F(PipelineTest, ASecondWriterIsAFailedCommitAndIsFoundAtTheNextTry) {
  events_.shut();
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"ours"})", &w);
  append_behind_the_store("s", "Noted", R"({"text":"theirs"})");
  events_.open();
  recover();
  EXPECT_EQ(w.refusal.status, 503);
  EXPECT_EQ(ask("Note", R"({"stream":"s","text":"again"})").kind, Kind::kSettled);
  EXPECT_EQ(texts("s"), (std::vector<std::string>{"theirs", "again"}));
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
  EXPECT_TRUE(listener_.received.empty());
}

TEST_F(PipelineTest, AnAppendThatTheStoreCannotWriteIs503AndTheStateIsAsBefore) {
  ask("Note", R"({"stream":"s","text":"kept"})");
  const std::uint64_t before = digest();
  events_.shut();
  RecordingWaiter& w = waiter();
  send("Note", R"({"stream":"s","text":"lost"})", &w);
  EXPECT_NE(digest(), before);
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  recover();
  EXPECT_EQ(w.refusal.status, 503);
  EXPECT_EQ(listener_.received, std::vector<std::string>{R"(Noted {"text":"kept"})"});
  EXPECT_EQ(digest(), before);
  EXPECT_EQ(ask("Note", R"({"stream":"s","text":"next"})").kind, Kind::kSettled);
  EXPECT_EQ(texts("s"), (std::vector<std::string>{"kept", "next"}));
}

// Whichever of a line of mixed entries is the first to fail: what was before it is there, it and
// what was decided upon it is refused, and none of that is written.
TEST_F(PipelineTest, ACommitThatFailsTakesAllThatWasDecidedUponIt) {
  for (std::size_t place = 0; place < 4; ++place) {
    SCOPED_TRACE(place);
    const std::string stream = "s" + std::to_string(place);
    const std::uint64_t stored_before = events_.stats().events;
    listener_.received.clear();
    events_.shut();
    std::vector<RecordingWaiter*> all;
    for (int n = 0; n < 4; ++n) {
      all.push_back(&waiter());
      send("Note", "{\"stream\":\"" + stream + "\",\"text\":\"" + std::to_string(n) + "\"}",
           all.back());
      all.push_back(&waiter());
      send("Refuse", R"({"reason":"no"})", all.back());
    }
    events_.let_through(place);
    events_.fail_one(AppendCode::kUnavailable);
    events_.open();
    recover();
    for (std::size_t n = 0; n < all.size(); ++n) {
      EXPECT_EQ(all[n]->calls, 1) << n;
      if (n / 2 >= place) {
        EXPECT_EQ(all[n]->refusal.status, 503) << n;
      } else if (n % 2 == 0) {
        EXPECT_EQ(all[n]->kind, Kind::kSettled) << n;
      } else {
        EXPECT_EQ(all[n]->refusal.code, "REFUSED") << n;
      }
    }
    EXPECT_EQ(events_.stats().events, stored_before + place);
    EXPECT_EQ(texts(stream).size(), place);
    EXPECT_EQ(listener_.received.size(), place);
    EXPECT_EQ(store_->health().causes, 0u);
    const std::uint64_t live = digest();
    start();
    EXPECT_EQ(digest(), live);
  }
}

TEST_F(PipelineTest, AnUnknownOutcomeIsAskedForUntilItIsKnownAndNothingPassesIt) {
  events_.shut();
  RecordingWaiter& unknown = waiter();
  RecordingWaiter& behind = waiter();
  send("Note", R"({"stream":"s","text":"first"})", &unknown);
  send("Refuse", R"({"reason":"no"})", &behind);
  events_.write_without_telling();
  loop_.run();
  RecordingWaiter& refused = waiter();
  send("Note", R"({"stream":"s","text":"meanwhile"})", &refused);
  EXPECT_EQ(refused.refusal.status, 503);
  EXPECT_EQ(unknown.calls + behind.calls, 0);
  events_.open();
  loop_.advance(200'000);
  EXPECT_EQ(unknown.kind, Kind::kSettled);
  EXPECT_EQ(unknown.position, 1u);
  EXPECT_EQ(behind.refusal.code, "REFUSED");
  EXPECT_EQ(ask("Note", R"({"stream":"s","text":"second"})").position, 2u);
  EXPECT_EQ(listener_.positions, (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(PipelineTest, AnUnknownOutcomeThatWasNoneIsAFailure) {
  events_.shut();
  RecordingWaiter& unknown = waiter();
  send("Note", R"({"stream":"s","text":"lost"})", &unknown);
  events_.fail_one(AppendCode::kUnknown);
  loop_.run();
  events_.open();
  loop_.advance(200'000);
  recover();
  EXPECT_EQ(unknown.refusal.status, 503);
  EXPECT_EQ(ask("Note", R"({"stream":"s","text":"next"})").kind, Kind::kSettled);
  EXPECT_EQ(texts("s"), std::vector<std::string>{"next"});
}

TEST_F(PipelineTest, WhatWaitsBehindAnUnknownOutcomeEndsAtItsDeadline) {
  events_.shut();
  RecordingWaiter& unknown = waiter();
  RecordingWaiter& behind = waiter();
  send("Note", R"({"stream":"s","text":"first"})", &unknown);
  send("Refuse", R"({"reason":"no"})", &behind);
  events_.fail_one(AppendCode::kUnknown);
  loop_.advance(6'000'000);
  EXPECT_EQ(unknown.refusal.status, 504);
  EXPECT_EQ(behind.refusal.status, 504);
  events_.open();
  loop_.advance(2'000'000);
  recover();
  EXPECT_EQ(unknown.calls + behind.calls, 2);
  EXPECT_EQ(store_->health().causes, 0u);
}

TEST_F(PipelineTest, EffectsBesideAnAppendAreDroppedWhenItFails) {
  events_.shut();
  send("Schedule", R"({"stream":"s","key":"k","ms":1})");
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  recover();
  loop_.advance(10'000);
  EXPECT_EQ(store_->health().delays, 0u);
  EXPECT_TRUE(texts("later-k").empty());
}

TEST_F(PipelineTest, AnEventThatCannotBeEvolvedIsNeverStoredAndTheDomainGoesOn) {
  ask("Note", R"({"stream":"s","text":"good"})");
  const std::uint64_t before = digest();
  events_.shut();
  RecordingWaiter& in_flight = waiter();
  RecordingWaiter& poison = waiter();
  send("Note", R"({"stream":"s","text":"in flight"})", &in_flight);
  send("Poison", R"({"stream":"s"})", &poison);
  RecordingWaiter& waits = waiter();
  send("Note", R"({"stream":"s","text":"waits"})", &waits);
  loop_.run();
  EXPECT_EQ(in_flight.calls + poison.calls + waits.calls, 0);
  EXPECT_TRUE(store_->health().recovering);
  EXPECT_EQ(store_->health().reason, "Poisoned could not be evolved: the probe was poisoned");
  events_.open();
  recover();
  EXPECT_EQ(in_flight.kind, Kind::kSettled);
  EXPECT_EQ(poison.refusal.status, 500);
  EXPECT_EQ(waits.kind, Kind::kSettled);
  EXPECT_EQ(texts("s"), (std::vector<std::string>{"good", "in flight", "waits"}));
  EXPECT_NE(digest(), before);
  const std::uint64_t live = digest();
  start();
  EXPECT_EQ(digest(), live);
  EXPECT_FALSE(store_->health().halted);
}

TEST_F(PipelineTest, ACommandWhoseEventCannotBeEvolvedIsRefusedForATimeAndThenTriedAgain) {
  ask("Poison", R"({"stream":"s"})");
  recover();
  RecordingWaiter& refused = ask("Poison", R"({"stream":"s"})");
  EXPECT_EQ(refused.refusal.status, 500);
  EXPECT_EQ(refused.refusal.retry_after_s, 2u);
  EXPECT_FALSE(store_->health().recovering);  // it was not decided
  EXPECT_EQ(ask("Note", R"({"stream":"s","text":"others"})").kind, Kind::kSettled);
  loop_.advance(1'100'000);
  EXPECT_EQ(ask("Poison", R"({"stream":"s"})").refusal.retry_after_s, 0u);  // it was decided
  recover();
  EXPECT_EQ(ask("Poison", R"({"stream":"s"})").refusal.retry_after_s, 3u);  // twice as long
}

TEST_F(PipelineTest, AStoredEventThatCannotBeEvolvedHaltsTheDomainAndNamesThePosition) {
  ask("Note", R"({"stream":"s","text":"good"})");
  append_behind_the_store("s", "Poisoned", "{}");
  start();
  const StoreHealth health = store_->health();
  EXPECT_TRUE(health.halted);
  EXPECT_EQ(health.reason, "evolve failed at position 2: the probe was poisoned");
  EXPECT_EQ(health.position, 1u);
  RecordingWaiter& refused = ask("Quiet", "{}");
  EXPECT_EQ(refused.refusal.status, 503);
  EXPECT_EQ(refused.refusal.message, "The domain probe is halted until it is reloaded");
}

// The log has said so before anything is read of it. The host starts, and so do the other domains.
TEST_F(PipelineTest, DamagedEventsHaltTheDomainAndTheClientIsToldWhere) {
  ask("Note", R"({"stream":"s","text":"good"})");
  events_.damage = absl::DataLossError(
      "data/events.db: the events of domain probe are damaged: position 1: found crc32c 00000001, "
      "needed 00000002; the domain is not served, the others are; restore a backup");
  LogCapture log;
  start();
  const StoreHealth health = store_->health();
  EXPECT_TRUE(health.halted);
  EXPECT_FALSE(health.serving);
  EXPECT_EQ(health.reason, events_.damage.message());
  EXPECT_TRUE(log.contains("probe halted"));
  EXPECT_TRUE(log.contains("restore a backup"));
  RecordingWaiter& refused = ask("Note", R"({"stream":"s","text":"more"})");
  EXPECT_EQ(refused.refusal.status, 503);
  EXPECT_EQ(refused.refusal.retry_after_s, 5u);
  EXPECT_EQ(refused.refusal.message,
            "The domain probe is halted: the events of domain probe are damaged: position 1: found "
            "crc32c 00000001, needed 00000002; the domain is not served, the others are; restore a "
            "backup");
  EXPECT_EQ(refused.refusal.detail, events_.damage.message());
  events_.damage = absl::OkStatus();  // the backup is there
  start();
  EXPECT_FALSE(store_->health().halted);
  EXPECT_EQ(ask("Note", R"({"stream":"s","text":"more"})").kind, Kind::kSettled);
}

TEST_F(PipelineTest, ReplayMakesTheSameStateAsLife) {
  for (int n = 0; n < 50; ++n) {
    ask("Note", R"({"stream":"s)" + std::to_string(n % 7) + R"(","text":"t"})");
    clock_.advance(1234);
  }
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
  small.flight = 3;
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
  EXPECT_EQ(w.refusal.status, 504) << "its request is at the log: nobody knows yet";
  RecordingWaiter& refused = ask("Quiet", "{}");
  EXPECT_EQ(refused.refusal.status, 503);
  events_.open();
}

}  // namespace
}  // namespace composable::host
