// Jobs that a replaced generation has begun: they may end for a while, then they are ended, or
// begun anew by the generation that serves. What they send from then on is refused.
#include "reload_fixture.hpp"

namespace composable::host {
namespace {

// Long enough for every job that ends by itself.
class DrainedJobsTest : public ReloadTest {};

// Jobs are told to end at once.
class EndedJobsTest : public ReloadTest {
 protected:
  EndedJobsTest() : ReloadTest(milliseconds(20)) {}

  // Reloads beside a job that runs, and returns the record of the generation that began it.
  GenerationRecord reload_beside(std::string_view job, GenerationState until) {
    start_job(job, gate_, ending_);
    put("second");
    const auto record = answer(ask());
    EXPECT_TRUE(record.ok() && record->state == GenerationState::kLive);
    return witness_.wait_for(until, 1);
  }

  Gate gate_{directory_ / "gate"};
  Ending ending_;
};

TEST_F(DrainedJobsTest, AJobThatEndsInTimeHasAllItsSay) {
  serve("first");
  Gate gate(directory_ / "gate");
  Ending ending;
  start_job("stubborn", gate, ending);
  put("second");
  ASSERT_EQ(answer(ask())->state, GenerationState::kLive);
  witness_.wait_for(GenerationState::kDraining, 1);
  const auto actions = store()->subscribe_actions();
  gate.open();
  EXPECT_EQ(wait_for_begun(*actions), R"({"version":"late"})");  // decided by the one that serves
  EXPECT_EQ(ending.wait().status, 0);
  const GenerationRecord before = witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_TRUE(before.ended_jobs.empty());
  EXPECT_GT(before.steps.drain_us, 0);
  EXPECT_EQ(mapped(), 5u) << "those of the one that serves";
}

TEST_F(EndedJobsTest, AJobIsToldToEndAndItsCauseIsRefused) {
  serve("first");
  const GenerationRecord before = reload_beside("obedient", GenerationState::kUnloaded);
  EXPECT_EQ(before.ended_jobs, Strings{"Obedient"});
  const Refusal refusal = ending_.wait();
  EXPECT_EQ(refusal.status, 503);
  EXPECT_EQ(refusal.code, "SERVICE_UNAVAILABLE");
  EXPECT_EQ(refusal.message, "the job Obedient was ended by a reload; try again");
  EXPECT_EQ(refusal.retry_after_s, 1u);
}

TEST_F(EndedJobsTest, ASuspendedJobIsDropped) {
  serve("first");
  const GenerationRecord before = reload_beside("suspended", GenerationState::kUnloaded);
  EXPECT_EQ(before.ended_jobs, Strings{"Suspended"});
  EXPECT_EQ(ending_.wait().message, "the job Suspended was ended by a reload; try again");
}

TEST_F(EndedJobsTest, ARestartableJobBeginsAnewInTheGenerationThatServes) {
  serve("first");
  const auto actions = store()->subscribe_actions();
  const GenerationRecord before = reload_beside("restartable", GenerationState::kUnloaded);
  EXPECT_TRUE(before.ended_jobs.empty());
  EXPECT_EQ(wait_for_begun(*actions), R"({"version":"1"})");
  EXPECT_EQ(wait_for_begun(*actions), R"({"version":"2"})");
  EXPECT_EQ(ending_.wait().status, 0);  // its cause knows nothing of it
}

TEST_F(EndedJobsTest, AJobThatDoesNotEndIsNamedAndHoldsItsGeneration) {
  serve("first");
  const GenerationRecord held = reload_beside("stubborn", GenerationState::kPinned);
  EXPECT_EQ(held.reason,
            "it is held by the job Stubborn, which runs on although it was cancelled; check "
            "cancelled() in it");
  EXPECT_EQ(held.ended_jobs, Strings{"Stubborn"});
  EXPECT_EQ(ending_.wait().status, 503);
  EXPECT_EQ(pinned(), 1u);
  add(1);
}

TEST_F(EndedJobsTest, WhatALateJobSendsIsRefusedAndThenItsGenerationGoes) {
  serve("first");
  const auto actions = store()->subscribe_actions();
  reload_beside("stubborn", GenerationState::kPinned);
  EXPECT_EQ(wait_for_begun(*actions), R"({"version":"1"})");
  gate_.open();
  const GenerationRecord gone = witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_EQ(gone.reason, "");
  EXPECT_TRUE(fs::exists(gate_.text() + ".refused"));
  EXPECT_EQ(pinned(), 0u);
  add(1);
  ObservedAction action;
  std::uint64_t missed = 0;
  while (actions->receive(action, missed, absl::ZeroDuration()) ==
         ActionSubscriber::Result::kAction) {
    EXPECT_NE(action.type, "Late");
  }
}

TEST_F(EndedJobsTest, AJobThatHasNotBegunEndsWithTheOthers) {
  serve("first");
  Gate other(directory_ / "other_gate");
  Ending first, second;
  start_job("obedient", gate_, first);
  start_job("obedient", gate_, second);  // both workers have enough to do
  Ending waiting;
  const std::string json = absl::StrFormat(R"({"job":"stubborn","gate":"%s"})", other.text());
  store()->send({store()->domain()->find_action("Start")->number, COMPOSABLE_FORM_JSON, json.data(),
                 json.size()},
                {}, &waiting, 60'000);
  put("second");
  ASSERT_EQ(answer(ask())->state, GenerationState::kLive);
  const GenerationRecord before = witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_EQ(before.ended_jobs.size(), 3u);
  EXPECT_EQ(waiting.wait().message, "the job Stubborn was ended by a reload; try again");
  EXPECT_EQ(first.wait().status, 503);
  EXPECT_EQ(second.wait().status, 503);
}

TEST_F(EndedJobsTest, JobsOfTheGenerationThatServesGoOn) {
  serve("first");
  reload("second");
  Ending ending;
  start_job("stubborn", gate_, ending);
  GenerationRecord record = *answer(ask());  // the same build: a third generation
  witness_.wait_for(GenerationState::kPinned, 2);
  Ending next;
  Gate gate(directory_ / "next_gate");
  start_job("stubborn", gate, next);
  finish();
  gate.open();
  EXPECT_EQ(next.wait().status, 0);
  EXPECT_EQ(record.generation, 3u);
}

}  // namespace
}  // namespace composable::host
