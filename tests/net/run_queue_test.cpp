#include "net/run_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kBatch = RunQueue::kBatch;

class RunQueueTest : public testing::Test {
 protected:
  // Writes down its turns. While `rounds` are left it asks for another read when it has sent, and
  // is to be served when it has read.
  struct Session final : RunQueue::Session {
    Session(RunQueueTest& of_test, std::size_t its_number, int its_rounds)
        : test(of_test), number(its_number), rounds(its_rounds) {}

    void serve() override { test.say("serve", number); }
    void send() override {
      if (rounds > 0) test.queue_.read_soon(*this);
      test.say("send", number);  // maybe its end
    }
    void read(ReadMode mode) override {
      test.say(mode == ReadMode::kNow ? "read now" : "read when ready", number);
      if (--rounds > 0) test.queue_.serve_soon(*this);
    }

    RunQueueTest& test;
    const std::size_t number;
    int rounds;
  };

  RunQueueTest() { loop_.start(); }
  ~RunQueueTest() override { loop_.stop(); }

  void say(const char* what, std::size_t number) {
    said_.push_back(std::string(what) + " " + std::to_string(number));
    if (said_.back() == awaited_) when_said_();
  }

  void add(std::size_t n, int rounds) {
    for (std::size_t i = 0; i < n; ++i) sessions_.emplace_back(*this, i, rounds);
  }

  void serve_all() {
    for (Session& session : sessions_) queue_.serve_soon(session);
  }
  void run_until_idle() {
    const auto is_queued = [](const Session& session) { return session.is_queued(); };
    for (bool idle = false; !idle;) {
      loop_.run_and_wait(
          [&] { idle = std::none_of(sessions_.begin(), sessions_.end(), is_queued); });
    }
  }
  void run() {
    loop_.run_and_wait([this] { serve_all(); });
    run_until_idle();
  }

  std::size_t place_of(const std::string& line) const {
    const auto found = std::find(said_.begin(), said_.end(), line);
    EXPECT_NE(found, said_.end()) << line;
    return static_cast<std::size_t>(found - said_.begin());
  }

  SystemClock clock_;
  Loop loop_{0, clock_, 10};
  RunQueue queue_{loop_};
  std::deque<Session> sessions_;
  std::vector<std::string> said_;
  std::string awaited_;  // a line, and what happens when it is said
  std::function<void()> when_said_;
};

TEST_F(RunQueueTest, OneSessionIsServedSentAndReadInTurn) {
  add(1, 1);
  run();
  EXPECT_EQ(said_, (std::vector<std::string>{"serve 0", "send 0", "read when ready 0"}));
}

TEST_F(RunQueueTest, ABatchIsServedBeforeItIsSent) {
  add(3, 0);
  run();
  EXPECT_EQ(said_, (std::vector<std::string>{"serve 0", "serve 1", "serve 2", "send 0", "send 1",
                                             "send 2"}));
}

TEST_F(RunQueueTest, AnAnswerWaitsForNoMoreThanItsBatch) {
  add(kBatch + 1, 0);
  run();
  const std::string last = std::to_string(kBatch - 1), next = std::to_string(kBatch);
  EXPECT_EQ(place_of("send 0"), kBatch);
  EXPECT_EQ(place_of("send " + last), 2 * kBatch - 1);
  EXPECT_EQ(place_of("serve " + next), 2 * kBatch);
}

TEST_F(RunQueueTest, WhoWasAnsweredReadsWhenAllOthersWereServed) {
  add(3 * kBatch, 1);
  run();
  EXPECT_EQ(place_of("read now 0"), 2 * 3 * kBatch);
}

TEST_F(RunQueueTest, AReadAtOnceNeedsManyThatWait) {
  add(15, 1);
  run();
  EXPECT_EQ(said_.back(), "read when ready 14");
  said_.clear();
  sessions_.clear();
  add(16, 1);
  run();
  EXPECT_EQ(said_.back(), "read now 15");
}

TEST_F(RunQueueTest, EverySessionGetsAllItsTurns) {
  constexpr int kRounds = 5;
  add(3 * kBatch, kRounds);
  run();
  for (const char* what : {"serve ", "send ", "read now "}) {
    for (const Session& session : sessions_) {
      const std::string line = what + std::to_string(session.number);
      EXPECT_EQ(std::count(said_.begin(), said_.end(), line), kRounds) << line;
    }
  }
}

TEST_F(RunQueueTest, OtherWorkOfTheLoopComesBetweenBatches) {
  add(2 * kBatch, 1);
  for (const auto& [line, turns] : {std::pair<std::string, std::size_t>{"serve 0", 2 * kBatch},
                                    {"serve " + std::to_string(2 * kBatch - 1), 4 * kBatch},
                                    {"read now 0", 5 * kBatch}}) {
    said_.clear();
    for (Session& session : sessions_) session.rounds = 1;
    awaited_ = line;
    when_said_ = [this] { loop_.post([this] { said_.emplace_back("other work"); }); };
    run();
    EXPECT_EQ(place_of("other work"), turns) << line;
  }
}

TEST_F(RunQueueTest, ASessionThatEndsLeavesTheQueue) {
  auto to_serve = std::make_unique<Session>(*this, 7, 0);
  auto to_read = std::make_unique<Session>(*this, 8, 1);
  add(1, 0);
  loop_.run_and_wait([&] {
    queue_.serve_soon(*to_serve);
    queue_.read_soon(*to_read);
    serve_all();
    to_serve.reset();
    to_read.reset();
  });
  run_until_idle();
  EXPECT_EQ(said_, (std::vector<std::string>{"serve 0", "send 0"}));
}

TEST_F(RunQueueTest, ASessionMayEndWhenItHasSent) {
  auto ends = std::make_unique<Session>(*this, 7, 1);
  add(2, 0);
  awaited_ = "send 7";
  when_said_ = [&] { ends.reset(); };
  loop_.run_and_wait([&] {
    queue_.serve_soon(*ends);
    serve_all();
  });
  run_until_idle();
  EXPECT_EQ(said_, (std::vector<std::string>{"serve 7", "serve 0", "serve 1", "send 7", "send 0",
                                             "send 1"}));
}

}  // namespace
}  // namespace composable::host
