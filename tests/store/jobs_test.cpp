#include "store/jobs.hpp"

#include <future>

#include "part_fixture.hpp"

namespace composable::host {
namespace {

using Kind = StagedEffect::Kind;

class JobsTest : public PartTest {
 protected:
  void start(std::string job, std::string key, std::string input, Scope& scope) {
    StagedEffect effect = this->effect(Kind::kJob, std::move(key));
    for (const JobType& type : domain_->jobs()) {
      if (type.name == job) effect.number = static_cast<std::uint32_t>(&type - &domain_->jobs()[0]);
    }
    effect.data = std::move(input);
    jobs_.start(effect, scope, domain_);
  }
  void run_until_none() {
    EXPECT_TRUE(loop_.run_until([&] { return jobs_.size() == 0; }));
  }

  std::shared_ptr<DomainHandle> domain_ = probe();
  WorkerPool workers_{1, 4};
  Jobs jobs_{host_, section_, loop_, &workers_};
};

TEST_F(JobsTest, WhatAJobSendsIsFedBackBeforeItsCountIsGivenBack) {
  Scope& root = scope();
  start("echo", "", "{\"text\":\"hello\"}", root);
  EXPECT_EQ(root.outstanding, 2u);
  run_until_none();
  ASSERT_EQ(host_.fed_back.size(), 1u);
  EXPECT_EQ(host_.fed_back[0].type, domain_->find_action("Echoed")->number);
  EXPECT_EQ(host_.fed_back[0].data, "{\"text\":\"hello\"}");
  EXPECT_EQ(root.outstanding, 2u) << "of the decide and of what was fed back";
}

TEST_F(JobsTest, AJobThatFailsSaysWhy) {
  start("broken", "", "{}", scope());
  run_until_none();
  EXPECT_EQ(host_.told, Texts{"failed broken: the probe's job is broken"});
}

TEST_F(JobsTest, ASuspendedJobGoesOnAfterItsTime) {
  start("slow", "", "{\"text\":\"late\",\"ms\":50}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 1; }));
  EXPECT_TRUE(host_.fed_back.empty());
  clock_.advance(50'000);
  run_until_none();
  ASSERT_EQ(host_.fed_back.size(), 1u);
}

// A key names jobs, it does not hold a place: both run, and a cancel asks both.
TEST_F(JobsTest, TwoJobsWithOneKeyRunSideBySide) {
  start("slow", "key", "{\"text\":\"first\",\"ms\":50}", scope());
  start("slow", "key", "{\"text\":\"second\",\"ms\":50}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 2; }));
  clock_.advance(50'000);
  run_until_none();
  EXPECT_EQ(host_.fed_back.size(), 2u);
}

TEST_F(JobsTest, ACancelEndsEveryJobOfItsKey) {
  start("slow", "key", "{\"text\":\"first\",\"ms\":60000}", scope());
  start("slow", "key", "{\"text\":\"second\",\"ms\":60000}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 2; }));
  jobs_.cancel("key");
  run_until_none();
  EXPECT_TRUE(host_.fed_back.empty());
}

TEST_F(JobsTest, ACancelledJobSendsNothing) {
  start("slow", "key", "{\"text\":\"late\",\"ms\":60000}", scope());
  start("slow", "other", "{\"text\":\"late\",\"ms\":60000}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 2; }));
  jobs_.cancel("key");
  EXPECT_TRUE(loop_.run_until([&] { return jobs_.size() == 1; }));
  jobs_.cancel_all();
  run_until_none();
  EXPECT_TRUE(host_.fed_back.empty());
}

TEST_F(JobsTest, JobsWithOneKeyRunSideBySideAndAreCancelledTogether) {
  start("slow", "key", "{\"text\":\"first\",\"ms\":50}", scope());
  start("slow", "key", "{\"text\":\"second\",\"ms\":50}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 2; }));
  clock_.advance(50'000);
  run_until_none();
  EXPECT_EQ(host_.fed_back.size(), 2u) << "the second has not taken the place of the first";

  start("slow", "key", "{\"text\":\"first\",\"ms\":60000}", scope());
  start("slow", "key", "{\"text\":\"second\",\"ms\":60000}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 2; }));
  jobs_.cancel("key");
  run_until_none();
  EXPECT_EQ(host_.fed_back.size(), 2u);
}

TEST_F(JobsTest, AFullWorkerPoolFailsTheJob) {
  std::promise<void> begun, go;
  std::shared_future<void> gone = go.get_future().share();
  workers_.submit([&begun, gone] {
    begun.set_value();
    gone.wait();
  });
  begun.get_future().wait();  // the only worker is busy, so what is queued stays
  for (int n = 0; n < 4; ++n) start("echo", "", "{\"text\":\"waits\"}", scope());
  EXPECT_TRUE(host_.told.empty());
  Scope& root = scope();
  start("echo", "", "{\"text\":\"hello\"}", root);
  EXPECT_EQ(host_.told, Texts{"failed echo: the worker pool is full"});
  EXPECT_EQ(root.outstanding, 1u);
  EXPECT_EQ(jobs_.size(), 4u);
  go.set_value();
  run_until_none();
}

TEST_F(JobsTest, WithoutWorkersEveryJobFails) {
  Jobs jobs(host_, section_, loop_, nullptr);
  StagedEffect echo = effect(Kind::kJob);
  jobs.start(echo, scope(), domain_);
  EXPECT_EQ(host_.told, Texts{"failed echo: the worker pool is full"});
}

TEST_F(JobsTest, ARestartableJobOfAReplacedGenerationBeginsAgainWithTheNext) {
  start("slow", "", "{\"text\":\"late\",\"ms\":50}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 1; }));
  const auto next = probe();
  const EndedJobs ended = jobs_.end_of(*domain_, next, nullptr);
  EXPECT_EQ(ended.restarted, Texts{"slow"});
  EXPECT_EQ(ended.dropped, Texts{});
  EXPECT_EQ(jobs_.size(), 1u);
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 2; }));
  clock_.advance(50'000);
  run_until_none();
  EXPECT_EQ(host_.fed_back.size(), 1u) << "the first run's result is refused";
  std::weak_ptr<DomainHandle> replaced = domain_;
  domain_.reset();
  EXPECT_TRUE(loop_.run_until([&] { return replaced.expired(); }));
}

TEST_F(JobsTest, AShutdownRestartsNothing) {
  start("slow", "", "{\"text\":\"late\",\"ms\":60000}", scope());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 1; }));
  const Refusal shut_down = unavailable("The host is shutting down");
  const EndedJobs ended = jobs_.end_of(*domain_, domain_, &shut_down);
  EXPECT_EQ(ended.dropped, Texts{"slow"});
  EXPECT_EQ(host_.told, Texts{"The host is shutting down"});
  EXPECT_EQ(jobs_.size(), 0u);
}

TEST_F(JobsTest, TheOldestIsKnown) {
  EXPECT_EQ(jobs_.oldest(), jobs_.next());
  start("slow", "", "{\"text\":\"late\",\"ms\":60000}", scope());
  EXPECT_EQ(jobs_.oldest() + 1, jobs_.next());
  EXPECT_TRUE(loop_.run_until([&] { return loop_.timers() == 1; }));
  jobs_.cancel_all();
  run_until_none();
}

}  // namespace
}  // namespace composable::host
