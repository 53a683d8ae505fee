#include "store/waits.hpp"

#include "observe/log_capture.hpp"
#include "part_fixture.hpp"

namespace composable::host {
namespace {

class WaitsTest : public PartTest {
 protected:
  Cause& awaited(Waiter& waiter, std::uint32_t timeout_ms = 100) {
    Cause& cause = *scope().cause;
    cause.waiter = &waiter;
    waits_.add(cause, timeout_ms);
    return cause;
  }

  Waits waits_{"probe", clock_};
  KeptOutcome first_, second_;
};

TEST_F(WaitsTest, AWaitEndsOnce) {
  Cause& cause = awaited(first_);
  waits_.end(cause, {});
  waits_.end(cause, {});
  EXPECT_EQ(first_.calls, 1);
  EXPECT_EQ(first_.kind, Outcome::Kind::kSettled);
  clock_.advance(1'000'000);
  waits_.expire();
  EXPECT_EQ(first_.calls, 1);
}

TEST_F(WaitsTest, OneThatIsNotEndedInTimeIsATimeout) {
  awaited(first_, 100);
  awaited(second_, 200);
  EXPECT_EQ(waits_.earliest(), clock_.steady_micros() + 100'000);
  clock_.advance(100'000);
  waits_.expire();
  EXPECT_EQ(first_.refusal.status, 504);
  EXPECT_EQ(second_.calls, 0);
  clock_.advance(100'000);
  waits_.expire();
  EXPECT_EQ(second_.refusal.status, 504);
  EXPECT_EQ(waits_.earliest(), Deadlines::kNever);
}

TEST_F(WaitsTest, AnEndingThatWaitsForTheLogIsNotReplacedByAFailure) {
  Cause& cause = awaited(first_);
  cause.decided = true;
  waits_.refuse(cause, internal_error("a job failed"));
  EXPECT_EQ(first_.calls, 0);
  waits_.end_now(cause, unavailable("the log failed"));
  EXPECT_EQ(first_.refusal.status, 503);
}

TEST_F(WaitsTest, OnlyACauseThatHasStoredNothingIsToldSo) {
  for (const Refusal& refusal : {unavailable("The event store cannot write now"), conflict("no")}) {
    KeptOutcome nothing, something, perhaps;
    Cause& stored = awaited(something);
    stored.position = 7;
    Cause& at_log = awaited(perhaps);
    at_log.at_log = 1;
    waits_.end_now(awaited(nothing), refusal);
    waits_.end_now(stored, refusal);
    waits_.end_now(at_log, refusal);
    EXPECT_EQ(nothing.refusal.status, refusal.status);
    EXPECT_EQ(something.refusal.status, 500);
    EXPECT_EQ(perhaps.refusal.status, 504);
  }
}

TEST_F(WaitsTest, WhatNobodyWaitsForIsLogged) {
  const LogCapture log;
  Cause& cause = *scope().cause;
  waits_.refuse(cause, internal_error("the disk is gone"));
  EXPECT_TRUE(log.contains("background_failure"));
  EXPECT_TRUE(log.contains("the disk is gone"));
}

TEST_F(WaitsTest, ManyThatNobodyWaitsForAreAFewLines) {
  const LogCapture log;
  for (int n = 0; n < 50; ++n) waits_.refuse(*scope().cause, timed_out("it took too long"));
  EXPECT_LE(log.lines().size(), 10u);
}

TEST_F(WaitsTest, ARejectionThatNobodyWaitsForIsNoFault) {
  const LogCapture log;
  waits_.refuse(*scope().cause, conflict("The stream has changed"));
  EXPECT_FALSE(log.contains("background_failure"));
}

}  // namespace
}  // namespace composable::host
