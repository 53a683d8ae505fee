#include "store/worker_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "observe/log_capture.hpp"

namespace composable::host {
namespace {

// A pool of one thread that is busy until it is let go.
struct BusyPool {
  explicit BusyPool(std::size_t capacity) : pool(std::make_unique<WorkerPool>(1, capacity)) {
    pool->submit([this] {
      begun.set_value();
      go.get_future().wait();
    });
    begun.get_future().wait();
  }
  std::promise<void> begun, go;
  std::unique_ptr<WorkerPool> pool;
};

TEST(WorkerPoolTest, ItRunsWhatItTookInTheOrderInWhichItCame) {
  std::string ran;
  BusyPool busy(10);
  for (const char c : {'a', 'b', 'c'}) {
    EXPECT_TRUE(busy.pool->submit([&ran, c] { ran += c; }));
  }
  EXPECT_EQ(busy.pool->waiting(), 3u);
  EXPECT_EQ(ran, "");
  busy.go.set_value();
  busy.pool.reset();
  EXPECT_EQ(ran, "abc");
}

TEST(WorkerPoolTest, AFullOneSaysSoAndTakesNothing) {
  int ran = 0;
  BusyPool busy(2);
  EXPECT_TRUE(busy.pool->submit([&] { ++ran; }));
  EXPECT_TRUE(busy.pool->submit([&] { ++ran; }));
  EXPECT_FALSE(busy.pool->submit([&] { ran += 100; }));
  EXPECT_EQ(busy.pool->waiting(), 2u);
  busy.go.set_value();
  busy.pool.reset();
  EXPECT_EQ(ran, 2);
}

TEST(WorkerPoolTest, TheContinuationOfWhatItTookIsNeverRefused) {
  int ran = 0;
  BusyPool busy(1);
  EXPECT_TRUE(busy.pool->submit([&] { ++ran; }));
  busy.pool->resubmit([&] { ++ran; });
  EXPECT_EQ(busy.pool->waiting(), 2u);
  EXPECT_FALSE(busy.pool->submit([&] { ran += 100; }));
  busy.go.set_value();
  busy.pool.reset();
  EXPECT_EQ(ran, 2);
}

TEST(WorkerPoolTest, OneThatEndsTakesNothingNewAndRunsTheRestWithItsContinuations) {
  std::atomic<int> ran{0};
  bool refused = false;
  BusyPool busy(1000);
  busy.pool->submit([&] {
    while (busy.pool->submit([&] { ++ran; })) std::this_thread::yield();
    refused = true;
    busy.pool->resubmit([&] { ran += 1'000'000; });
  });
  std::thread end([&, pool = busy.pool.get()] { delete pool; });
  busy.go.set_value();
  end.join();
  static_cast<void>(busy.pool.release());
  EXPECT_TRUE(refused);
  EXPECT_GE(ran, 1'000'000);
}

// --- fairness, and how many threads -------------------------------------------------------------

WorkerPool::Options elastic(std::size_t least, std::size_t most, std::size_t per_lane) {
  return {.least = least,
          .most = most,
          .per_lane = per_lane,
          .capacity = 1000,
          .grow_after = std::chrono::milliseconds(1),
          .idle = std::chrono::milliseconds(10)};
}

// Tasks that block until they are let go.
class Blocking {
 public:
  ~Blocking() { let_go(); }
  Task task() {
    return [this] {
      running_.fetch_add(1);
      gone_.wait();
    };
  }
  int running() const { return running_.load(); }
  void let_go() {
    if (!std::exchange(over_, true)) go_.set_value();
  }
  // False: it is not so within a long time.
  static bool becomes(const std::function<bool()>& so) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!so() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return so();
  }

 private:
  std::promise<void> go_;
  const std::shared_future<void> gone_ = go_.get_future().share();
  std::atomic<int> running_{0};
  bool over_ = false;
};

TEST(WorkerPoolTest, LanesGetTheirTurnsOneAfterTheOther) {
  std::string ran;
  BusyPool busy(1000);
  const auto a = busy.pool->lane("a"), b = busy.pool->lane("b");
  for (int n = 0; n < 4; ++n) busy.pool->submit(*a, [&ran] { ran += 'a'; });
  for (int n = 0; n < 2; ++n) busy.pool->submit(*b, [&ran] { ran += 'b'; });
  busy.go.set_value();
  busy.pool.reset();
  EXPECT_EQ(ran, "ababaa");
}

TEST(WorkerPoolTest, OneLaneThatIsFullRefusesNothingOfAnother) {
  BusyPool busy(2);
  const auto a = busy.pool->lane("a"), b = busy.pool->lane("b");
  while (busy.pool->submit(*a, [] {})) {
  }
  EXPECT_TRUE(busy.pool->submit(*b, [] {}));
  EXPECT_EQ(busy.pool->waiting(), 3u);
  busy.go.set_value();
}

TEST(WorkerPoolTest, ThreadsAreAddedWhileTasksBlockAndEndWhenTheyAreIdle) {
  Blocking blocking;  // outlives the tasks that wait at it
  WorkerPool pool(elastic(1, 8, 7));
  const auto lane = pool.lane("a");
  for (int n = 0; n < 5; ++n) pool.submit(*lane, blocking.task());
  EXPECT_TRUE(Blocking::becomes([&] { return blocking.running() == 5; }));
  EXPECT_GE(pool.threads(), 5u);  // one more where a thread was slow to begin its task
  EXPECT_LE(pool.threads(), 8u);
  blocking.let_go();
  EXPECT_TRUE(Blocking::becomes([&] { return pool.threads() == 1; }));
  std::promise<void> ran;
  pool.submit(*lane, [&] { ran.set_value(); });
  ran.get_future().wait();
}

// Tasks that come before the idle threads have woken for the first of them.
TEST(WorkerPoolTest, ThreadsAreAddedForTasksThatCameAtOnce) {
  for (int n = 0; n < 50; ++n) {
    Blocking blocking;
    WorkerPool pool(elastic(2, 6, 5));
    const auto lane = pool.lane("a");
    std::promise<void> ran;
    pool.submit(*lane, [&] { ran.set_value(); });
    ran.get_future().wait();
    for (int task = 0; task < 4; ++task) pool.submit(*lane, blocking.task());
    ASSERT_TRUE(Blocking::becomes([&] { return blocking.running() == 4; }));
    blocking.let_go();
  }
}

TEST(WorkerPoolTest, BlockingTasksOfOneLaneDoNotKeepAnotherFromRunning) {
  Blocking blocking;  // outlives the tasks that wait at it
  WorkerPool pool(elastic(2, 6, 3));
  const auto a = pool.lane("a"), b = pool.lane("b");
  for (int n = 0; n < 100; ++n) pool.submit(*a, blocking.task());
  EXPECT_TRUE(Blocking::becomes([&] { return blocking.running() == 3; }));
  for (int n = 0; n < 100; ++n) {
    std::promise<void> ran;
    pool.submit(*b, [&] { ran.set_value(); });
    ran.get_future().wait();
  }
  EXPECT_EQ(blocking.running(), 3) << "no lane runs more than its share";
  blocking.let_go();
}

// Many lanes that block leave a thread to those that run nothing.
TEST(WorkerPoolTest, WhileALaneRunsNothingAThreadIsLeftForIt) {
  Blocking blocking;  // outlives the tasks that wait at it
  WorkerPool pool(elastic(1, 6, 5));
  const auto a = pool.lane("a"), b = pool.lane("b"), c = pool.lane("c");
  for (int n = 0; n < 50; ++n) {
    pool.submit(*a, blocking.task());
    pool.submit(*b, blocking.task());
  }
  std::promise<void> ran;
  EXPECT_TRUE(Blocking::becomes([&] { return blocking.running() >= 4; }));
  pool.submit(*c, [&] { ran.set_value(); });
  ran.get_future().wait();
  blocking.let_go();
}

TEST(WorkerPoolTest, WhatIsFullSaysSoOnce) {
  constexpr std::string_view kLane =
      "orders jobs_wait running=2 waiting=7 advice=\"raise workers_per_domain, or let jobs wait "
      "without blocking\"";
  LogCapture log;
  {
    Blocking blocking;  // outlives the tasks that wait at it
    WorkerPool pool(elastic(1, 3, 2));
    const auto a = pool.lane("orders"), b = pool.lane("mail");
    for (int n = 0; n < 9; ++n) pool.submit(*a, blocking.task());
    EXPECT_TRUE(Blocking::becomes([&] { return log.contains(kLane); }));
    for (int n = 0; n < 9; ++n) pool.submit(*b, blocking.task());
    EXPECT_TRUE(Blocking::becomes([&] { return log.contains("workers full threads=3 waiting="); }));
    blocking.let_go();
  }
  const auto lines = log.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [&](const std::string& line) { return line.find(kLane) != line.npos; }),
            1);
}

TEST(WorkerPoolTest, ALaneThatNobodyHoldsIsForgottenOnceItIsEmpty) {
  std::atomic<int> ran{0};
  WorkerPool pool(2, 10);
  for (int n = 0; n < 1000; ++n) {
    const auto lane = pool.lane("short");
    pool.submit(*lane, [&] { ran.fetch_add(1); });
  }
  EXPECT_TRUE(Blocking::becomes([&] { return ran == 1000; }));
}

TEST(WorkerPoolTest, SeveralThreadsRunAtTheSameTime) {
  std::promise<void> first, second;
  WorkerPool pool(2, 10);
  pool.submit([&] {
    first.set_value();
    second.get_future().wait();
  });
  pool.submit([&] {
    first.get_future().wait();
    second.set_value();
  });
}

TEST(WorkerPoolTest, ATaskIsDestroyedWhenItHasRunAndNotKept) {
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = held;
  std::promise<void> next;
  WorkerPool pool(1, 10);
  pool.submit([held = std::move(held)] {});
  pool.submit([&] { next.set_value(); });
  next.get_future().wait();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace composable::host
