#include "store/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

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
