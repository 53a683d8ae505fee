#include "net/loop_scheduler.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <memory>

#include "net/test_server.hpp"

namespace composable::host {
namespace {

class LoopSchedulerTest : public testing::Test {
 protected:
  LoopSchedulerTest() {
    for (std::uint32_t n = 0; n < 2; ++n) {
      loops_.push_back(std::make_unique<Loop>(n, clock_, 10));
      loops_.back()->start();
    }
    scheduler_ =
        std::make_unique<LoopScheduler>(std::vector<Loop*>{loops_[0].get(), loops_[1].get()}, 0);
  }

  SystemClock clock_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<LoopScheduler> scheduler_;
};

TEST_F(LoopSchedulerTest, WorkFromOutsideGoesHome) {
  std::latch done(1);
  scheduler_->post([&] {
    EXPECT_TRUE(loops_[0]->is_current());
    done.count_down();
  });
  done.wait();
}

TEST_F(LoopSchedulerTest, WorkOfALoopStaysAndIsNeverInline) {
  std::latch done(1);
  loops_[1]->post([&] {
    bool inside = true;
    scheduler_->post([&, flag = &inside] {
      EXPECT_TRUE(loops_[1]->is_current());
      (void)flag;
      done.count_down();
    });
    EXPECT_FALSE(done.try_wait());
  });
  done.wait();
}

TEST_F(LoopSchedulerTest, TimersRunInTheOrderOfTheirTimes) {
  std::latch done(1);
  std::vector<int> order;
  loops_[1]->run_and_wait([&] {
    scheduler_->after(30'000, [&] {
      order.push_back(3);
      done.count_down();
    });
    scheduler_->after(1'000, [&] {
      EXPECT_TRUE(loops_[1]->is_current());
      order.push_back(1);
    });
    scheduler_->after(2'000, [&] { order.push_back(2); });
  });
  done.wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(LoopSchedulerTest, ACancelledTimerDoesNotRun) {
  std::latch done(1);
  std::atomic<int> ran{0};
  const auto from_outside = scheduler_->after(20'000, [&] { ++ran; });
  loops_[0]->run_and_wait([&] {
    const auto own = scheduler_->after(20'000, [&] { ++ran; });
    scheduler_->cancel(own);
  });
  scheduler_->cancel(from_outside);
  scheduler_->cancel(0);
  scheduler_->cancel(0xffffff);
  scheduler_->after(40'000, [&] { done.count_down(); });
  done.wait();
  EXPECT_EQ(ran, 0);
}

TEST_F(LoopSchedulerTest, ATaskMayMakeTimers) {
  std::latch done(1);
  scheduler_->after(0, [&] { scheduler_->after(-5, [&] { done.count_down(); }); });
  done.wait();
}

}  // namespace
}  // namespace composable::host
