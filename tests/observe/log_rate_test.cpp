#include "observe/log_rate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "observe/log.hpp"
#include "observe/log_capture.hpp"

namespace composable::host {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

constexpr std::int64_t kSecond = 1'000'000;

class HandClock final : public Clock {
 public:
  std::int64_t unix_micros() override { return 0; }
  std::int64_t steady_micros() override { return now; }
  std::int64_t now = 1;
};

class LogRateTest : public testing::Test {
 protected:
  // How many of `n` lines were admitted.
  int admitted(int n, std::string_view detail = "503") {
    int count = 0;
    for (int i = 0; i < n; ++i) {
      count += rate_.admit(LogLevel::kWarn, "http", "request_failed", detail) ? 1 : 0;
    }
    return count;
  }

  HandClock clock_;
  LogRate rate_{clock_, {.lines = 3, .window_us = 10 * kSecond, .kinds = 4}};
  LogCapture log_;
};

TEST_F(LogRateTest, AFloodIsAFewLinesAndANumber) {
  EXPECT_EQ(admitted(1000), 3);
  clock_.now += 9 * kSecond;
  rate_.tick();
  EXPECT_EQ(admitted(1), 0);
  EXPECT_THAT(log_.lines(), IsEmpty());
  clock_.now += kSecond;
  rate_.tick();
  EXPECT_THAT(log_.lines(), ElementsAre(EndsWith(
                                "warn http lines_left_out of=request_failed detail=503 lines=998 "
                                "message=\"998 more like this were not written\"")));
  clock_.now += 20 * kSecond;
  rate_.tick();
  EXPECT_EQ(log_.lines().size(), 1u) << "it is said once";
}

TEST_F(LogRateTest, AFloodThatGoesOnIsToldInEachWindow) {
  int lines = 0;
  for (int second = 0; second < 100; ++second) {
    lines += admitted(1000);
    clock_.now += kSecond;
  }
  EXPECT_EQ(lines, 30);
  EXPECT_EQ(log_.lines().size(), 9u) << "one for each window that is over";
}

TEST_F(LogRateTest, KindsDoNotHideEachOther) {
  EXPECT_EQ(admitted(1000, "503"), 3);
  EXPECT_EQ(admitted(2, "500"), 2);
  EXPECT_TRUE(rate_.admit(LogLevel::kWarn, "ws", "request_failed", "503"));
}

TEST_F(LogRateTest, WhatWasFewIsForgottenInSilence) {
  EXPECT_EQ(admitted(3), 3);
  clock_.now += 10 * kSecond;
  rate_.tick();
  EXPECT_EQ(admitted(3), 3);
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(LogRateTest, TheEndSaysWhatNoWindowHasSaid) {
  EXPECT_EQ(admitted(5), 3);
  rate_.finish();
  EXPECT_THAT(log_.lines(),
              ElementsAre(EndsWith("lines=2 message=\"2 more like this were not written\"")));
}

TEST_F(LogRateTest, TheNumberOfKindsIsBounded) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(admitted(1, std::to_string(i)), 1);
  int others = 0;
  for (int i = 4; i < 100; ++i) others += admitted(1, std::to_string(i));
  EXPECT_EQ(others, 3);
  clock_.now += 10 * kSecond;
  rate_.tick();
  EXPECT_THAT(log_.lines(),
              ElementsAre(EndsWith("of=others detail=\"\" lines=93 message=\"93 more like this "
                                   "were not written\"")));
}

TEST_F(LogRateTest, ALevelThatIsOffIsNotCounted) {
  LogCapture quiet(LogLevels(LogLevel::kError));
  EXPECT_EQ(admitted(100), 0);
  clock_.now += 10 * kSecond;
  rate_.tick();
  EXPECT_THAT(quiet.lines(), IsEmpty());
}

TEST_F(LogRateTest, ThreadsShareOneRate) {
  std::vector<std::thread> threads;
  std::array<int, 4> counts{};
  for (int& count : counts) threads.emplace_back([&] { count = admitted(1000); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counts[0] + counts[1] + counts[2] + counts[3], 3);
}

}  // namespace
}  // namespace composable::host
