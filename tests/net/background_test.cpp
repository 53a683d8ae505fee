#include "net/background.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>

namespace composable::host {
namespace {

class SteppedClock final : public Clock {
 public:
  std::int64_t now = 1'000'000;
  std::int64_t unix_micros() override { return now; }
  std::int64_t steady_micros() override { return now; }
};

using Left = Background::Left;

Left more(bool is_more) { return is_more ? Left::kSome : Left::kNothing; }

class WorkFor final : public Background::Task {
 public:
  explicit WorkFor(std::function<Left(std::int64_t)> work) : work_(std::move(work)) {}
  Left run_for(std::int64_t micros) override { return work_(micros); }

 private:
  std::function<Left(std::int64_t)> work_;
};

class BackgroundTest : public ::testing::Test {
 protected:
  void post(std::function<void()> handler) { asio::post(io_, std::move(handler)); }

  asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};  // as a loop's
  SteppedClock clock_;
  Background background_{io_, clock_};
  std::string told_;
};

TEST_F(BackgroundTest, AllThatIsReadyRunsBeforeEachTurn) {
  int turns = 0;
  WorkFor work([&](std::int64_t) {
    told_ += "T";
    post([&] {
      told_ += "a";
      post([&] { told_ += "b"; });
    });
    return more(++turns < 3);
  });
  background_.schedule(work);
  post([&] { told_ += "c"; });
  background_.run();
  EXPECT_EQ(told_, "cTabTabTab");
}

TEST_F(BackgroundTest, ATurnIsShortWhileTheLoopIsOtherwiseIdle) {
  std::int64_t longest = 0;
  int turns = 0;
  WorkFor work([&](std::int64_t micros) {
    longest = std::max(longest, micros);
    clock_.now += micros;
    return more(++turns < 10);
  });
  background_.schedule(work);
  background_.run();
  EXPECT_EQ(longest, Background::kTurnMicros);
}

// A handler of 150 us that always has another one ready, as a saturated loop.
TEST_F(BackgroundTest, NeitherSideStarvesTheOther) {
  std::int64_t theirs = 0, ours = 0;
  bool done = false;
  std::function<void()> busy = [&] {
    clock_.now += 150;
    theirs += 150;
    if (!done) post(busy);
  };
  int turns = 0;
  WorkFor work([&](std::int64_t micros) {
    clock_.now += micros;
    ours += micros;
    done = ++turns == 50;
    return more(!done);
  });
  post(busy);
  background_.schedule(work);
  background_.run();
  EXPECT_NEAR(static_cast<double>(ours) / static_cast<double>(ours + theirs), 0.5, 0.05);
}

TEST_F(BackgroundTest, LateWorkGetsMoreOfASaturatedLoop) {
  std::int64_t theirs = 0, ours = 0;
  bool done = false;
  std::function<void()> busy = [&] {
    clock_.now += 150;
    theirs += 150;
    if (!done) post(busy);
  };
  int turns = 0;
  WorkFor work([&](std::int64_t micros) {
    clock_.now += micros;
    ours += micros;
    done = ++turns == 50;
    return done ? Left::kNothing : Left::kLate;
  });
  post(busy);
  background_.schedule(work);
  background_.run();
  EXPECT_GT(static_cast<double>(ours) / static_cast<double>(ours + theirs), 0.9);
  EXPECT_GT(theirs, 50 * 150) << "handlers run before every turn";
}

TEST_F(BackgroundTest, LateWorkOfAnIdleLoopKeepsItsTurnsShort) {
  std::int64_t longest = 0;
  int turns = 0;
  WorkFor work([&](std::int64_t micros) {
    longest = std::max(longest, micros);
    clock_.now += micros;
    return ++turns < 10 ? Left::kLate : Left::kNothing;
  });
  background_.schedule(work);
  background_.run();
  EXPECT_EQ(longest, Background::kTurnMicros);
}

TEST_F(BackgroundTest, TasksTakeTurns) {
  int a = 0, b = 0;
  WorkFor first([&](std::int64_t) { return told_ += "a", more(++a < 3); });
  WorkFor second([&](std::int64_t) { return told_ += "b", more(++b < 2); });
  background_.schedule(first);
  background_.schedule(second);
  background_.schedule(first);  // is scheduled already
  background_.run();
  EXPECT_EQ(told_, "ababa");
  background_.schedule(first);
  background_.run();
  EXPECT_EQ(told_, "ababaa");
}

TEST_F(BackgroundTest, ARemovedTaskGetsNoTurn) {
  WorkFor work([&](std::int64_t) { return told_ += "T", Left::kSome; });
  background_.schedule(work);
  background_.remove(work);
  background_.run();
  EXPECT_EQ(told_, "");
}

TEST_F(BackgroundTest, StopsWhileThereIsWork) {
  int turns = 0;
  WorkFor work([&](std::int64_t) {
    if (++turns == 2) background_.stop();
    return Left::kSome;
  });
  background_.schedule(work);
  post([&] { told_ += "a"; });
  background_.run();
  EXPECT_EQ(turns, 2);
  EXPECT_EQ(told_, "a");
}

TEST_F(BackgroundTest, StopsFromAnotherThreadWhileItWaits) {
  const auto work = asio::make_work_guard(io_);
  std::thread loop([&] { background_.run(); });
  background_.stop();
  loop.join();
}

TEST_F(BackgroundTest, AHandlerMaySchedule) {
  int turns = 0;
  WorkFor work([&](std::int64_t) { return more(++turns < 3); });
  post([&] { background_.schedule(work); });
  background_.run();
  EXPECT_EQ(turns, 3);
}

}  // namespace
}  // namespace composable::host
