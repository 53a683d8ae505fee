// What goes wrong while a flight is on its way, one fault after the other: an evolve that throws, a
// commit that fails or of which nobody knows, a crash, a swap and a shutdown in the middle. The
// histories (serial_history_test.cpp) mix them all.
#include <future>

#include "desk_fixture.hpp"

namespace composable::host {
namespace {

using FlightFaultsTest = DeskTest;
using Lines = std::vector<std::string>;

// --- evolve throws ---

TEST_F(FlightFaultsTest, AnEvolveThatThrowsOnTheNthEventLeavesNoneOfThemAndARestartServes) {
  post({"Pair", 1});
  for (const std::int64_t good : {0, 1, 2, 5}) {
    SCOPED_TRACE(good);
    const Lines before = ledger();
    Asked& spoil = post({"Spoil", 10 + good, good});
    recover();
    EXPECT_EQ(spoil.code(), 500);
    EXPECT_EQ(ledger(), before);
    EXPECT_EQ(stored(), before);
    EXPECT_EQ(post({"Stamp", 100 + good, 1, static_cast<std::int64_t>(before.size()) - 3}).code(),
              201);
    crash();
    EXPECT_FALSE(store_->health().halted);
    EXPECT_EQ(ledger(), stored());
    EXPECT_EQ(stored().size(), before.size() + 1);
  }
}

TEST_F(FlightFaultsTest, WhatIsInFlightWhenAnEvolveThrowsIsStoredAndAnsweredInItsOrder) {
  events_.shut();
  Asked& before = post({"Take", 1});
  Asked& rejection = post({"Complain", 2});
  Asked& spoil = post({"Spoil", 3, 2});
  Asked& after = post({"Take", 4});
  Asked& read = get();
  loop_.run();
  for (const Asked* asked : {&before, &rejection, &spoil, &after, &read})
    EXPECT_EQ(asked->calls, 0);
  events_.open();
  recover();
  EXPECT_EQ(before.body, R"({"changes":1})");
  EXPECT_EQ(rejection.refusal->message, "1");
  EXPECT_EQ(spoil.code(), 500);
  EXPECT_EQ(after.body, R"({"changes":2})");
  EXPECT_EQ(read.body, R"({"changes":2})");
  EXPECT_EQ(stored(), (Lines{"Taken token-1@1 1", "Taken token-4@1 4"}));
}

TEST_F(FlightFaultsTest, AHeadThatFailsWhenAnEvolveHasThrownTakesBothAndTheStateIsTheLogs) {
  post({"Take", 1});
  events_.shut();
  Asked& head = post({"Take", 2});
  Asked& spoil = post({"Spoil", 3, 1});
  Asked& after = post({"Return", 4, 2});
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  recover();
  EXPECT_EQ(head.code(), 503);
  EXPECT_EQ(spoil.code(), 503);
  EXPECT_EQ(after.refusal->code, "NOT_OUT");
  EXPECT_EQ(stored(), Lines{"Taken token-1@1 1"});
  EXPECT_EQ(ledger(), stored());
}

TEST_F(FlightFaultsTest, AtEveryPointOfARebuildOthersWaitAndTheSameCommandCausesNoSecondOne) {
  for (std::int64_t id = 1; id <= 4; ++id) post({"Stamp", id, 1, id - 1});
  for (std::uint64_t point = 0; point <= 4; ++point) {
    SCOPED_TRACE(point);
    const std::int64_t version = 4 + static_cast<std::int64_t>(point);
    StoppedReplay replay(events_, point);
    Asked& spoil = post({"Spoil", 100, 1});
    replay.stopped.get_future().wait();
    Asked& stamp = post({"Stamp", 200 + version, 1, version});
    Asked& again = post({"Spoil", 101, 1});
    Asked& read = get();
    loop_.advance(1'000'000);  // within their time
    EXPECT_EQ(spoil.code(), 500);
    EXPECT_EQ(stamp.calls + again.calls + read.calls, 0);
    replay.go.set_value();
    recover();
    EXPECT_EQ(stamp.code(), 201);
    EXPECT_EQ(again.code(), 500);
    EXPECT_GT(again.refusal->retry_after_s, 0u);
    EXPECT_EQ(read.body, "{\"changes\":" + std::to_string(version + 1) + "}");
    EXPECT_EQ(replay.begun, 1);
    EXPECT_EQ(ledger(), stored());
    events_.on_replay = nullptr;
    loop_.advance(600'000'000);  // until it is let through
  }
}

TEST_F(FlightFaultsTest, ARebuildNeedsNoWorkerSoThatJobsThatNeverEndDelayNothing) {
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  while (workers_.submit([gone] { gone.wait(); })) {
  }
  Asked& spoil = post({"Spoil", 1, 1});
  Asked& take = post({"Take", 2});
  recover();
  EXPECT_EQ(spoil.code(), 500);
  EXPECT_EQ(take.code(), 201);
  go.set_value();
}

TEST_F(FlightFaultsTest, ACauseThatSettlesWhileTheStateIsRebuiltIsRenderedOnTheNewOne) {
  post({"Take", 1});
  events_.shut();
  post({"Take", 2});
  Asked& settles = post({"Ignore", 3});
  post({"Spoil", 4, 5});
  events_.open();
  recover();
  EXPECT_EQ(settles.body, R"({"changes":2})");
}

// --- commits that fail ---

// A line of everything that there is. Whichever commit of it fails, and however: what was answered
// well is there, what was refused is not, and the state is the log's.
TEST_F(FlightFaultsTest,
       ACommitThatFailsAtAnyPlaceOfAMixedFlightTakesWhatWasDecidedUponItAndNoMore) {
  for (const AppendCode code :
       {AppendCode::kUnavailable, AppendCode::kConflict, AppendCode::kUnknown}) {
    for (std::size_t size = 1; size <= 2; ++size) {
      for (std::size_t place = 0; place < 8; ++place) {
        SCOPED_TRACE(std::to_string(static_cast<int>(code)) + ", place " + std::to_string(place));
        store_.reset();
        loop_.run();
        events_.forget_everything(clock_);
        asked_.clear();
        start();
        events_.shut();
        const std::vector<Asked*> all = {&post({"Take", 1}),
                                         &post({"Complain", 2}),
                                         &post({"Hold", 3, 100, 50'000}),
                                         &get(),
                                         &post({"Ask", 4}),
                                         &post({"Stamp", 5, 1, 0}),
                                         &post({"Stamp", 6, 1, 0}),
                                         &post({"Forget", 7, 100}),
                                         &post({"Drop", 8, 100}),
                                         &post({"Ignore", 9}),
                                         &post({"Walk", 10, 2}),
                                         &post({"Pair", 11}),
                                         &send({"Take", 12}),
                                         &send({"Return", 13, 1}),
                                         &get()};
        ASSERT_EQ(events_.held(), 8u);
        events_.let_through(place);
        events_.fail_commit(size, code);
        events_.open();
        end_all();
        const Lines log = stored();
        const auto is_there = [&](std::int64_t id) {
          return std::any_of(log.begin(), log.end(), [&](const std::string& line) {
            return line.ends_with(" " + std::to_string(id));
          });
        };
        bool failed = false;
        for (const Asked* asked : all) {
          ASSERT_EQ(asked->calls, 1) << asked->command.name;
          const bool stores = asked->command.name != "Ask" && asked->command.name != "Forget" &&
                              asked->command.name != "Ignore" && !asked->command.name.empty();
          EXPECT_TRUE(!asked->well() || !stores || is_there(asked->command.id))
              << asked->command.name;
          EXPECT_TRUE(asked->well() || !is_there(asked->command.id)) << asked->command.name;
          // Only what settles may be later than it was decided.
          if (asked->code() == 503) failed = true;
          if (asked->command.name == "Ignore" || asked->command.name == "Walk") continue;
          if (asked->command.name == "Forget") continue;
          EXPECT_EQ(asked->code() == 503, failed)
              << asked->command.name << " " << asked->command.id;
        }
        EXPECT_EQ(ledger(), log);
        EXPECT_EQ(store_->health().causes, 0u);
        EXPECT_EQ(post({"Stamp", 20, 1, is_there(5) ? 1 : 0}).code(), 201);
        EXPECT_EQ(post({"Pair", 21}).code(), 201);
        crash();
        EXPECT_EQ(ledger(), stored());
      }
    }
  }
}

TEST_F(FlightFaultsTest, AnAnswerThatIsRenderedAgainAfterAFailureIsSentOnce) {
  post({"Take", 1});
  // Settles when the first is durable, and joins the end of the flight.
  events_.shut();
  post({"Take", 2});
  Asked& settles = post({"Ignore", 3});
  Asked& lost = post({"Take", 4});
  events_.let_through(1);
  loop_.run();
  EXPECT_EQ(settles.calls, 0);
  events_.fail_one(AppendCode::kUnavailable);
  events_.open();
  recover();
  EXPECT_EQ(lost.code(), 503);
  EXPECT_EQ(settles.body, R"({"changes":2})");
}

TEST_F(FlightFaultsTest, OneUnknownCommitOfSeveralThatWasNoneLeavesNoVersionBehind) {
  events_.shut();
  Asked& first = post({"Stamp", 1, 1, 0});
  Asked& second = post({"Stamp", 2, 2, 0});
  events_.fail_commit(2, AppendCode::kUnknown);
  events_.open();
  end_all();
  EXPECT_EQ(first.code(), 503);
  EXPECT_EQ(second.code(), 503);
  EXPECT_EQ(post({"Stamp", 3, 2, 0}).code(), 201);
  EXPECT_EQ(post({"Stamp", 4, 1, 0}).code(), 201);
}

TEST_F(FlightFaultsTest, AnUnknownCommitThatBeginsWithACancelIsKnownByWhatIsBehindIt) {
  post({"Hold", 1, 100, 3'000});
  events_.shut();
  Asked& cancel = post({"Forget", 2, 100});
  Asked& take = post({"Take", 3});
  events_.write_without_telling(2);
  events_.open();
  end_all();
  EXPECT_EQ(cancel.code(), 200);
  EXPECT_EQ(take.code(), 201);
  EXPECT_EQ(ledger(), stored());
}

// --- nobody knows ---

TEST_F(FlightFaultsTest, WhileTheHeadIsUnknownFor20sReadsAndCommandsAre503AndThenAllOfItIsTrue) {
  for (const bool written : {true, false}) {
    SCOPED_TRACE(written);
    const Lines before = stored();
    events_.shut();
    Asked& head = post({"Pair", written ? 1 : 2});
    Asked& held = get();
    if (written) {
      events_.write_without_telling();
    } else {
      events_.fail_one(AppendCode::kUnknown);
    }
    for (int n = 0; n < 200; ++n) {
      loop_.advance(100'000);
      EXPECT_EQ(get().code(), 503);
      EXPECT_EQ(post({"Take", 100 + n}).code(), 503);
    }
    EXPECT_EQ(head.code(), 504);
    EXPECT_EQ(held.code(), 504);
    EXPECT_EQ(events_.held(), 1u);  // the question
    events_.open();
    loop_.advance(2'000'000);
    recover();
    EXPECT_EQ(stored().size(), before.size() + (written ? 3 : 0));
    EXPECT_EQ(ledger(), stored());
    EXPECT_EQ(get().body, "{\"changes\":" + std::to_string(stored().size()) + "}");
    EXPECT_EQ(post({"Ignore", 300}).code(), 200);
    EXPECT_EQ(head.calls + held.calls, 2);
  }
}

TEST_F(FlightFaultsTest, AHeadThatIsUnknownDuringAShutdownIsResolvedAndNothingIsRebuilt) {
  for (const bool written : {true, false}) {
    SCOPED_TRACE(written);
    crash();
    const std::size_t before = stored().size();
    events_.shut();
    Asked& head = post({"Pair", 1});
    Asked& rejection = post({"Complain", 2});
    if (written) {
      events_.write_without_telling();
    } else {
      events_.fail_one(AppendCode::kUnknown);
    }
    loop_.run();
    int rebuilds = 0;
    events_.on_replay = [&](std::uint64_t position) { rebuilds += position == 0 ? 1 : 0; };
    EXPECT_GT(store_->shutdown(0), 0u);
    EXPECT_EQ(get().code(), 503);
    EXPECT_EQ(post({"Take", 3}).code(), 503);
    events_.open();
    for (int n = 0; n < 50; ++n) loop_.advance(100'000);
    EXPECT_EQ(head.calls, 1);
    EXPECT_EQ(rejection.calls, 1);
    EXPECT_EQ(stored().size(), before + (written ? 3 : 0));
    EXPECT_EQ(store_->shutdown(0), 0u);
    EXPECT_EQ(rebuilds, 0);
    events_.on_replay = nullptr;
  }
}

// --- swaps ---

TEST_F(FlightFaultsTest, ASwapDuringARebuildWaitsForItAndServesTheSameState) {
  post({"Take", 1});
  StoppedReplay replay(events_, 1);
  post({"Spoil", 2, 2});
  replay.stopped.get_future().wait();
  std::atomic<bool> swapped{false};
  std::thread swap([&] {
    const auto report =
        store_->replace(std::make_shared<DomainHandle>(generation<desk::Desk<2>>()));
    EXPECT_TRUE(report.ok()) << report.status();
    swapped = true;
  });
  Asked& take = post({"Take", 3});
  loop_.run();
  EXPECT_FALSE(swapped);
  replay.go.set_value();
  EXPECT_TRUE(pass_until([&] { return swapped.load(); }));
  swap.join();
  events_.on_replay = nullptr;
  recover();
  EXPECT_EQ(take.code(), 201);
  EXPECT_EQ(store_->domain()->version(), "2");
  EXPECT_EQ(ledger(), stored());
  // Another build may take what the one before did not.
  EXPECT_EQ(post({"Spoil", 4, 1}).refusal->retry_after_s, 0u);
  recover();
}

// --- the store ends ---

TEST_F(FlightFaultsTest, AStoreThatEndsWithAFaultInFlightBeginsNoRebuild) {
  post({"Take", 1});
  events_.shut();
  post({"Take", 2});
  post({"Spoil", 3, 1});
  events_.open();
  store_.reset();
  loop_.run();
  start();
  EXPECT_EQ(ledger(), stored());
}

// --- what waits has an end ---

TEST_F(FlightFaultsTest, WhatWaitsForARebuildBehindAnUnknownHeadEndsInItsTime) {
  events_.shut();
  post({"Take", 1});
  post({"Spoil", 2, 1});  // a rebuild is wanted as soon as the head is known
  Asked& waiting = get();
  loop_.run();
  EXPECT_EQ(waiting.calls, 0);
  events_.fail_one(AppendCode::kUnknown);
  loop_.run();
  Asked& read = get();
  Asked& command = post({"Take", 3});
  EXPECT_EQ(read.code(), 503);
  EXPECT_EQ(command.code(), 503);
  for (int n = 0; n < 120; ++n) loop_.advance(250'000);
  EXPECT_EQ(waiting.code(), 504);
  events_.open();
  loop_.advance(1'000'000);
  recover();
  EXPECT_EQ(get().code(), 200);
}

TEST_F(FlightFaultsTest, AShutdownAnswersWhatWaitsForARebuild) {
  events_.shut();
  post({"Take", 1});
  post({"Spoil", 2, 1});
  Asked& waiting = get();
  loop_.run();
  store_->shutdown(0);
  loop_.run();
  EXPECT_EQ(waiting.code(), 503);
  events_.open();
  loop_.run();
}

// --- streams ---

TEST_F(FlightFaultsTest, AppendsToADeletedStreamAre409AndCauseOneRebuildAtMost) {
  post({"Stamp", 1, 1, 0});
  std::atomic<int> rebuilds{0};
  events_.on_replay = [&](std::uint64_t position) { rebuilds += position == 0 ? 1 : 0; };
  events_.shut();
  Asked& in_flight = post({"Stamp", 2, 1, 1});
  ASSERT_TRUE(events_.delete_stream("desk", "sheet-1").ok());
  events_.open();
  recover();
  EXPECT_EQ(in_flight.code(), 503);
  for (int n = 0; n < 20; ++n) {
    Asked& refused = post({"Stamp", 10 + n, 1, 1});
    recover();
    EXPECT_EQ(refused.code(), 409) << refused.refusal->message;
  }
  EXPECT_LE(rebuilds, 1);
  events_.on_replay = nullptr;
}

TEST_F(FlightFaultsTest, AStreamWhoseEventsWereAllRemovedGoesOnAtItsVersionAfterARestart) {
  for (std::int64_t id = 1; id <= 3; ++id) post({"Stamp", id, 1, id - 1});
  ASSERT_TRUE(events_.truncate_stream("desk", "sheet-1", 100).ok());
  start();
  EXPECT_EQ(post({"Stamp", 4, 1, 0}).code(), 409);
  EXPECT_EQ(post({"Stamp", 5, 1, 3}).code(), 201);
  EXPECT_EQ(stored(), Lines{"Stamped sheet-1@4 5"});
}

}  // namespace
}  // namespace composable::host
