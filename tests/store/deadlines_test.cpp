#include "store/deadlines.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace composable::host {
namespace {

constexpr std::int64_t kMilli = 1000;

TEST(DeadlinesTest, AWaitEndsWhenItsTimeIsOverAndNotBefore) {
  Deadlines deadlines;
  EXPECT_EQ(deadlines.earliest(), Deadlines::kNever);
  EXPECT_EQ(deadlines.expired(1'000'000), nullptr);
  Cause cause;
  deadlines.add(cause, 5, 100 * kMilli);
  EXPECT_EQ(cause.deadline, 105 * kMilli);
  EXPECT_EQ(deadlines.earliest(), 105 * kMilli);
  EXPECT_EQ(deadlines.expired(105 * kMilli - 1), nullptr);
  EXPECT_EQ(deadlines.expired(105 * kMilli), &cause);
  EXPECT_EQ(deadlines.expired(105 * kMilli), &cause);  // until it is removed
  deadlines.remove(cause);
  EXPECT_EQ(deadlines.expired(105 * kMilli), nullptr);
  EXPECT_EQ(deadlines.earliest(), Deadlines::kNever);
}

TEST(DeadlinesTest, AShortWaitThatBeganLaterMayEndEarlier) {
  Deadlines deadlines;
  Cause long_wait, short_wait;
  deadlines.add(long_wait, 1000, 0);
  deadlines.add(short_wait, 10, 100 * kMilli);
  EXPECT_EQ(deadlines.earliest(), 110 * kMilli);
  EXPECT_EQ(deadlines.expired(110 * kMilli), &short_wait);
  deadlines.remove(short_wait);
  EXPECT_EQ(deadlines.expired(999 * kMilli), nullptr);
  EXPECT_EQ(deadlines.expired(1000 * kMilli), &long_wait);
}

TEST(DeadlinesTest, RemovingTheFirstTheLastAndOneBetweenLeavesTheOthers) {
  for (std::size_t removed = 0; removed < 3; ++removed) {
    Deadlines deadlines;
    std::array<Cause, 3> causes;
    for (std::size_t n = 0; n < 3; ++n) {
      deadlines.add(causes[n], 10, static_cast<std::int64_t>(n) * kMilli);
    }
    deadlines.remove(causes[removed]);
    for (std::size_t n = 0; n < 3; ++n) {
      if (n == removed) continue;
      EXPECT_EQ(deadlines.expired(20 * kMilli), &causes[n]) << removed;
      deadlines.remove(causes[n]);
    }
    EXPECT_EQ(deadlines.expired(20 * kMilli), nullptr);
  }
}

TEST(DeadlinesTest, RemovingWhatHasNoDeadlineDoesNothing) {
  Deadlines deadlines;
  Cause waits, does_not;
  deadlines.add(waits, 10, 0);
  deadlines.remove(does_not);
  deadlines.remove(does_not);
  EXPECT_EQ(deadlines.expired(10 * kMilli), &waits);
  deadlines.remove(waits);
  deadlines.remove(waits);
  deadlines.add(waits, 20, 0);  // a cause is used again
  EXPECT_EQ(deadlines.earliest(), 20 * kMilli);
}

TEST(DeadlinesTest, WhateverComesAndGoesTheEarliestIsTheEarliest) {
  std::mt19937 random(1);
  Deadlines deadlines;
  std::array<Cause, 50> causes;
  std::int64_t now = 0;
  for (int step = 0; step < 20'000; ++step) {
    now += static_cast<std::int64_t>(random() % kMilli);
    Cause& cause = causes[random() % causes.size()];
    if (cause.deadline == 0) {
      deadlines.add(cause, static_cast<std::uint32_t>(5 + random() % 4 * 5), now);
    } else {
      deadlines.remove(cause);
    }
    std::int64_t earliest = Deadlines::kNever;
    for (const Cause& c : causes) {
      if (c.deadline != 0) earliest = std::min(earliest, c.deadline);
    }
    ASSERT_EQ(deadlines.earliest(), earliest);
    while (Cause* expired = deadlines.expired(now)) {
      ASSERT_LE(expired->deadline, now);
      deadlines.remove(*expired);
    }
    for (const Cause& c : causes) ASSERT_TRUE(c.deadline == 0 || c.deadline > now);
  }
}

}  // namespace
}  // namespace composable::host
