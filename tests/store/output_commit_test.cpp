// What leaves a domain, and when: the order of the flight, and its end when a commit fails.
#include "store/output_commit.hpp"

#include "recovery_fixture.hpp"

namespace composable::host {
namespace {

class OutputCommitTest : public RecoveryFixture, OutputCommit::Owner {
 protected:
  OutputCommitTest() { log_.shut(); }

  void halt(std::uint64_t, const CallError& error) override { halted_ = error.message; }

  // An append of one event to `stream`; the flight is told of it.
  void append(std::string stream, Waiter* waiter = nullptr) {
    section_.post([&] {
      Scope& root = scope();
      root.cause->waiter = waiter;
      auto request = std::make_unique<FlightRequest>();
      request->domain = "probe";
      request->flight = output_.flight().number();
      request->recorded_at_us = clock_.unix_micros();
      StreamAppend append;
      append.stream = stream;
      append.expected = Expected::kAny;
      append.events.push_back({Uuid::v7(1, rng_), "Noted", R"({"text":"a"})"});
      request->streams.push_back(std::move(append));
      request->keys.push_back(serving_.streams.key_of(stream));
      request->types.push_back({serving_.domain->find_action("Noted")->number});
      FlightEntry entry;
      entry.scope = &root;
      entry.after.push_back(effect(StagedEffect::Kind::kCancel, "after " + stream));
      output_.hold(std::move(entry), std::move(request));
    });
    loop_.run();
  }
  void refuse(std::string message, Waiter& waiter) {
    section_.post([&] {
      Scope& root = scope();
      root.cause->waiter = &waiter;
      output_.hold_refusal(root, conflict(message));
      host_.causes.release(root);
    });
    loop_.run();
  }

  StoreOptions options_;
  Observers observers_{"probe", 0, nullptr, 16};
  Waits waits_{"probe", clock_};
  OutputCommit output_{"probe",
                       {.owner = *this,
                        .section = section_,
                        .options = options_,
                        .status = status_,
                        .serving = serving_,
                        .observers = observers_,
                        .waits = waits_,
                        .causes = host_.causes,
                        .recovery = recovery_,
                        .log = &log_}};
  KeptOutcome waiter_;
  std::string halted_;
};

TEST_F(OutputCommitTest, EffectsLeaveWhenTheLogHasAnswered) {
  append("a");
  EXPECT_FALSE(output_.empty());
  EXPECT_EQ(output_.size(), 1u);
  EXPECT_EQ(host_.told, Texts{});
  log_.open();
  loop_.run();
  EXPECT_EQ(host_.told, (Texts{"start after a", "settled"}));
  EXPECT_TRUE(output_.empty());
  EXPECT_EQ(serving_.position, 1u);
  EXPECT_EQ(status_.position(), 1u);
}

TEST_F(OutputCommitTest, ARefusalWaitsForWhatItWasDecidedUpon) {
  append("a");
  refuse("The stream has changed", waiter_);
  EXPECT_EQ(waiter_.calls, 0);
  log_.open();
  loop_.run();
  EXPECT_EQ(waiter_.refusal.message, "The stream has changed");
}

TEST_F(OutputCommitTest, EntriesLeaveInTheirOrder) {
  append("a");
  append("b");
  append("c");
  log_.let_through(1);
  loop_.run();
  EXPECT_EQ(host_.told, (Texts{"start after a", "settled"}));
  log_.open();
  loop_.run();
  EXPECT_EQ(host_.told, (Texts{"start after a", "settled", "start after b", "settled",
                               "start after c", "settled"}));
}

TEST_F(OutputCommitTest, AFailureTakesEverythingThatWasDecidedUponIt) {
  append("a");
  append("b");
  refuse("The stream has changed", waiter_);
  const std::uint64_t flight = output_.flight().number();
  log_.fail_one(AppendCode::kUnavailable);
  log_.open();
  EXPECT_TRUE(loop_.run_until([&] { return output_.empty(); }));
  EXPECT_EQ(waiter_.refusal.status, 503);
  EXPECT_EQ(host_.told, (Texts{"settled", "settled", "settled"})) << "no effect started";
  EXPECT_NE(output_.flight().number(), flight);
  EXPECT_TRUE(loop_.run_until([&] { return !status_.health(0).recovering; }));
}

TEST_F(OutputCommitTest, AFailureEndsTheSequenceThatItsStepWasOf) {
  section_.post([&] {
    Scope& root = scope();
    StagedEffect sequence = effect(StagedEffect::Kind::kSequential, "sequence");
    sequence.children = {effect(StagedEffect::Kind::kJob, "first"),
                         effect(StagedEffect::Kind::kJob, "second")};
    host_.causes.start_group(sequence, root);
    host_.causes.release(root);
  });
  loop_.run();
  ASSERT_EQ(host_.told, Texts{"start first"});
  section_.post([&] {  // the first step appends, and its commit fails
    auto request = std::make_unique<FlightRequest>();
    request->domain = "probe";
    request->flight = output_.flight().number();
    request->timers.push_back({"key", clock_.unix_micros(), "Fired", "{}", {}});
    FlightEntry entry;
    entry.scope = host_.working.front();
    host_.working.clear();
    output_.hold(std::move(entry), std::move(request));
  });
  loop_.run();
  log_.fail_one(AppendCode::kUnavailable);
  loop_.run();
  EXPECT_EQ(host_.told, (Texts{"start first", "settled"}));
}

TEST_F(OutputCommitTest, AnUnknownHeadIsAskedAboutUntilItIsKnown) {
  append("a", &waiter_);
  log_.write_without_telling();
  log_.open();
  loop_.run();
  EXPECT_TRUE(output_.in_doubt());
  EXPECT_EQ(waiter_.calls, 0);
  loop_.advance(100'000);
  EXPECT_FALSE(output_.in_doubt());
  EXPECT_EQ(host_.told, (Texts{"start after a", "settled"}));
}

TEST_F(OutputCommitTest, OfRequestsWithoutEventsTheLogCannotSayThatTheyAreAbsent) {
  decltype(waiter_) second;
  const auto cancel = [&](Waiter& waiter) STORE_SERIAL {
    Scope& root = scope();
    root.cause->waiter = &waiter;
    auto request = std::make_unique<FlightRequest>();
    request->domain = "probe";
    request->flight = output_.flight().number();
    request->cancelled_timers.push_back("key");
    FlightEntry entry;
    entry.scope = &root;
    output_.hold(std::move(entry), std::move(request));
  };
  section_.post([&] {
    assert_serial();
    cancel(waiter_);
    cancel(second);
  });
  loop_.run();
  log_.fail_commit(2, AppendCode::kUnknown);
  log_.open();
  loop_.run();
  loop_.advance(100'000);  // the first is asked about
  EXPECT_TRUE(loop_.run_until([&] { return output_.empty(); }));
  EXPECT_EQ(waiter_.refusal.status, 504);
  EXPECT_EQ(second.refusal.status, 504);
}

TEST_F(OutputCommitTest, AFlightThatFailsInAShutdownIsNotRebuilt) {
  append("a");
  status_.shut_down("The host is shutting down");
  log_.fail_one(AppendCode::kShuttingDown);
  loop_.run();
  EXPECT_EQ(halted_, "the log failed while the host shut down");
  EXPECT_FALSE(status_.health(0).recovering);
}

TEST_F(OutputCommitTest, ARowThatIsOnItsWayIsKnown) {
  section_.post([&] {
    auto request = std::make_unique<FlightRequest>();
    request->domain = "probe";
    request->timers.push_back({"key", clock_.unix_micros(), "Fired", "{}", {}});
    FlightEntry entry;
    entry.scope = &scope();
    output_.hold(std::move(entry), std::move(request));
  });
  loop_.run();
  EXPECT_TRUE(output_.writes_row("key"));
  EXPECT_FALSE(output_.writes_row("other"));
  log_.open();
  loop_.run();
  EXPECT_FALSE(output_.writes_row("key"));
}

}  // namespace
}  // namespace composable::host
