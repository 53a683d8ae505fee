// The state is made anew, and the log is tried: recovery.hpp.
#include "observe/log_capture.hpp"
#include "recovery_fixture.hpp"

namespace composable::host {
namespace {

class RecoveryTest : public RecoveryFixture {
 protected:
  // In the section, as the pipeline does.
  template <typename Work>
  void inside(Work work) {
    section_.post_urgent([&] { work(); });
    loop_.run();
  }
  void run_until_recovered() {
    EXPECT_TRUE(loop_.run_until([&] { return !status_.health(0).recovering; }));
  }
};

TEST_F(RecoveryTest, NothingRunsBetweenTheFaultAndTheNewState) {
  composable_state* const before = serving_.domain->state();
  bool ran = false;
  inside([&] { recovery_.request_rebuild("a commit failed"); });
  EXPECT_TRUE(status_.health(0).recovering);
  EXPECT_EQ(status_.health(0).reason, "a commit failed");
  section_.post([&] { ran = true; });
  loop_.run();
  EXPECT_FALSE(ran);
  inside([&] { recovery_.begin_if_requested(); });
  run_until_recovered();
  loop_.run();
  EXPECT_TRUE(ran);
  EXPECT_EQ(taken_, 1);
  EXPECT_NE(serving_.domain->state(), before);
}

TEST_F(RecoveryTest, NothingBeginsThatNobodyWants) {
  inside([&] { recovery_.begin_if_requested(); });
  recovery_.end();
  loop_.run();
  EXPECT_EQ(taken_, 0);
}

TEST_F(RecoveryTest, ALogWithoutRoomIsTriedAtFirst) {
  const LogCapture log;
  AppendResult full;
  full.code = AppendCode::kUnavailable;
  inside([&] {
    recovery_.note_refusal(full, 1000);
    EXPECT_FALSE(recovery_.log_writable());
    recovery_.request_rebuild("a commit failed");
    recovery_.begin_if_requested();
  });
  run_until_recovered();
  EXPECT_TRUE(recovery_.log_writable());
  EXPECT_TRUE(log.contains("log_writable_again"));
}

TEST_F(RecoveryTest, AShutdownIsNoFullDisk) {
  AppendResult ending;
  ending.code = AppendCode::kShuttingDown;
  inside([&] { recovery_.note_refusal(ending, 1000); });
  EXPECT_TRUE(recovery_.log_writable());
}

TEST_F(RecoveryTest, ASecondWriterIsTold) {
  const LogCapture log;
  AppendResult conflict;
  conflict.code = AppendCode::kConflict;
  conflict.message = "the stream is at version 9";
  inside([&] { recovery_.note_refusal(conflict, 1000); });
  EXPECT_TRUE(log.contains("append_refused"));
  EXPECT_TRUE(log.contains("the stream is at version 9"));
  EXPECT_TRUE(recovery_.log_writable());
}

TEST_F(RecoveryTest, ACommandWhoseEventCausedARebuildIsRefusedForAWhile) {
  inside([&] {
    EXPECT_TRUE(recovery_.refuses_nothing());
    recovery_.request_rebuild_after(3, "Noted could not be evolved");
    recovery_.begin_if_requested();
  });
  run_until_recovered();
  const std::int64_t now = clock_.steady_micros();
  EXPECT_EQ(recovery_.refused_until(3, now), now + RefusedTypes::kLeast);
  EXPECT_EQ(recovery_.refused_until(4, now), std::nullopt);
  EXPECT_EQ(recovery_.refused_until(3, now + RefusedTypes::kLeast), std::nullopt);
  ASSERT_EQ(status_.health(now).refused.size(), 1u);
  Gauge& until =
      registry_.gauge(kCommandRefusedUntil, {"probe", serving_.domain->actions()[3].name});
  EXPECT_EQ(until.value(), (clock_.unix_micros() + RefusedTypes::kLeast) / 1'000'000);
  recovery_.clear_refused_commands();
  EXPECT_EQ(until.value(), 0);
  EXPECT_EQ(recovery_.refused_until(3, now), std::nullopt);
}

TEST_F(RecoveryTest, AStateThatAJobReadsStaysUntilThatHasEnded) {
  StagedEffect slow = effect(StagedEffect::Kind::kJob);
  slow.number = 1;
  slow.data = R"({"text":"late","ms":60000})";
  jobs_.start(slow, scope(), serving_.domain);
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 1; }));
  inside([&] {
    recovery_.request_rebuild("a commit failed");
    recovery_.begin_if_requested();
  });
  run_until_recovered();
  recovery_.retire_states();
  jobs_.cancel_all();
  EXPECT_TRUE(loop_.run_until([&] { return jobs_.size() == 0; }));
  recovery_.retire_states();  // the sanitizer sees a state that is read too late, or never freed
}

TEST_F(RecoveryTest, NothingBeginsAfterTheEnd) {
  recovery_.end();
  inside([&] {
    recovery_.request_rebuild("a commit failed");
    recovery_.begin_if_requested();
  });
  EXPECT_EQ(taken_, 0);
}

}  // namespace
}  // namespace composable::host
