// Jobs driven through composable.jobs/1: results, sleeps, and frames that never go on.
#include <gtest/gtest.h>

#include "driven.hpp"
#include "sample_domain.hpp"

namespace {

using sample::Notes;
using Lines = std::vector<std::string>;

enum Job : std::uint32_t { kFetch, kBlock, kFail };

struct JobHost {
  composable_job_context abi{};
  Lines sent;
  std::vector<std::uint64_t> naps;
  bool is_cancelled = false;

  JobHost() {
    abi.struct_size = sizeof(abi);
    abi.impl = this;
    abi.send = [](composable_job_context* c, const composable_action* action) {
      self(c).sent.push_back(
          composable::testing::payload_json(composable::domain_table<Notes>(), *action));
      return COMPOSABLE_OK;
    };
    abi.cancelled = [](composable_job_context* c) {
      return static_cast<std::int32_t>(self(c).is_cancelled);
    };
    abi.wake_after = [](composable_job_context* c, std::uint64_t us) {
      self(c).naps.push_back(us);
    };
  }

 private:
  static JobHost& self(composable_job_context* c) { return *static_cast<JobHost*>(c->impl); }
};

class Jobs : public ::testing::Test {
 protected:
  composable_status run(std::uint32_t job, std::string_view input) {
    return table_.run(domain_.state, job,
                      {reinterpret_cast<const std::uint8_t*>(input.data()), input.size()},
                      &host_.abi, &frame_, &domain_.fresh());
  }
  composable_status resume(JobHost& host) {
    return table_.resume(frame_, &host.abi, &domain_.fresh());
  }

  Driven<Notes> domain_;
  JobHost host_;
  composable_job_frame* frame_ = nullptr;
  const composable_jobs_v1& table_ = *static_cast<const composable_jobs_v1*>(
      domain_.table.query_extension(COMPOSABLE_STR(COMPOSABLE_JOBS_EXTENSION)));
};

TEST_F(Jobs, AreDeclared) {
  ASSERT_EQ(table_.n_jobs, 3u);
  EXPECT_EQ(composable::view(table_.jobs[kFetch]->name), "Fetch");
  EXPECT_EQ(table_.jobs[kFetch]->flags, COMPOSABLE_JOB_RESTARTABLE);
  EXPECT_EQ(table_.jobs[kBlock]->flags, 0u);
}

TEST_F(Jobs, ACoroutineThatDoesNotSleepEndsAtOnce) {
  EXPECT_EQ(run(kFetch, R"({"url":"u","naps":0})"), COMPOSABLE_OK);
  EXPECT_EQ(host_.sent, Lines{R"({"text":"> page of u"})"});
}

TEST_F(Jobs, ACoroutineSleepsAndGoesOnUnderAnotherHostContext) {
  EXPECT_EQ(run(kFetch, R"({"url":"u","naps":2})"), COMPOSABLE_PENDING);
  JobHost second;
  EXPECT_EQ(resume(second), COMPOSABLE_PENDING);
  JobHost third;
  EXPECT_EQ(resume(third), COMPOSABLE_OK);
  EXPECT_EQ(host_.naps, std::vector<std::uint64_t>{250'000});
  EXPECT_EQ(second.naps, std::vector<std::uint64_t>{250'000});
  EXPECT_EQ(third.sent, Lines{R"({"text":"> page of u"})"});
}

TEST_F(Jobs, ADroppedFrameTakesEverythingWithIt) {
  const std::string url(1000, 'x');  // the leak checker sees what is left of it
  EXPECT_EQ(run(kFetch, R"({"url":")" + url + R"(","naps":1})"), COMPOSABLE_PENDING);
  table_.drop(frame_);
  EXPECT_EQ(host_.sent, Lines{});
}

TEST_F(Jobs, SeeThatTheyAreCancelled) {
  host_.is_cancelled = true;
  EXPECT_EQ(run(kFetch, R"({"url":"u","naps":9})"), COMPOSABLE_OK);
  EXPECT_EQ(host_.sent, Lines{R"({"text":"cancelled"})"});
}

TEST_F(Jobs, APlainFunctionSendsAsOftenAsItLikes) {
  EXPECT_EQ(run(kBlock, R"({"results":3})"), COMPOSABLE_OK);
  EXPECT_EQ(host_.sent, (Lines{R"({"text":"0"})", R"({"text":"1"})", R"({"text":"2"})"}));
}

TEST_F(Jobs, AnExceptionIsAFailureBeforeAndAfterASleep) {
  EXPECT_EQ(run(kFail, R"({"before":true})"), COMPOSABLE_E_EXCEPTION);
  EXPECT_EQ(composable::message(domain_.error), "job went wrong");
  EXPECT_EQ(run(kFail, R"({"before":false})"), COMPOSABLE_PENDING);
  EXPECT_EQ(resume(host_), COMPOSABLE_E_EXCEPTION);
  EXPECT_EQ(composable::message(domain_.error), "job went wrong");
}

TEST_F(Jobs, AnInputThatCannotBeReadIsAFailure) {
  EXPECT_EQ(run(kFetch, "nonsense"), COMPOSABLE_E_INVALID);
  EXPECT_EQ(run(99, "{}"), COMPOSABLE_E_MISUSE);
}

}  // namespace
