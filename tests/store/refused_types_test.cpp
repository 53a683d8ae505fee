#include "store/refused_types.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace composable::host {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 500 * kSecond;

TEST(RefusedTypesTest, ATypeIsRefusedForTwentyTimesAsLongAsItsRebuildTook) {
  RefusedTypes refused;
  EXPECT_TRUE(refused.none());
  EXPECT_EQ(refused.refuse(7, 3 * kSecond, kNow), kNow + 60 * kSecond);
  EXPECT_EQ(refused.until(7, kNow), kNow + 60 * kSecond);
  EXPECT_EQ(refused.until(7, kNow + 60 * kSecond - 1), kNow + 60 * kSecond);
  EXPECT_EQ(refused.until(7, kNow + 60 * kSecond), std::nullopt);  // then it is let through
  EXPECT_EQ(refused.until(8, kNow), std::nullopt);                 // others never were refused
}

TEST(RefusedTypesTest, ItIsASecondAtLeastAndFiveMinutesAtMost) {
  RefusedTypes quick, slow;
  EXPECT_EQ(quick.refuse(1, 0, kNow), kNow + kSecond);
  EXPECT_EQ(slow.refuse(1, 3600 * kSecond, kNow), kNow + 300 * kSecond);
}

TEST(RefusedTypesTest, EachRepetitionDoublesItUpToFiveMinutes) {
  RefusedTypes refused;
  std::int64_t now = kNow;
  for (const std::int64_t seconds : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    const std::int64_t until = refused.refuse(1, 1000, now);
    EXPECT_EQ(until, now + seconds * kSecond);
    now = until;
  }
}

TEST(RefusedTypesTest, ALongerRebuildCountsWhenTwiceTheLastTimeWouldBeLess) {
  RefusedTypes refused;
  const std::int64_t until = refused.refuse(1, 1000, kNow);
  EXPECT_EQ(refused.refuse(1, 2 * kSecond, until), until + 40 * kSecond);
}

TEST(RefusedTypesTest, TheTimesOfSeveralTypesFollowOneAnother) {
  RefusedTypes refused;
  EXPECT_EQ(refused.refuse(1, kSecond, kNow), kNow + 20 * kSecond);
  EXPECT_EQ(refused.refuse(2, kSecond, kNow + 2), kNow + 40 * kSecond);
  EXPECT_EQ(refused.refuse(3, kSecond, kNow + 3), kNow + 60 * kSecond);
  EXPECT_EQ(refused.until(1, kNow + 30 * kSecond), std::nullopt);
  EXPECT_NE(refused.until(2, kNow + 30 * kSecond), std::nullopt);
  // After all of them have ended, the next begins where it is.
  EXPECT_EQ(refused.refuse(4, kSecond, kNow + 100 * kSecond), kNow + 120 * kSecond);
}

TEST(RefusedTypesTest, AnotherBuildBeginsWithNone) {
  RefusedTypes refused;
  refused.refuse(1, kSecond, kNow);
  refused.clear();
  EXPECT_TRUE(refused.none());
  EXPECT_EQ(refused.until(1, kNow), std::nullopt);
  EXPECT_EQ(refused.refuse(1, kSecond, kNow), kNow + 20 * kSecond);  // not doubled
}

// Clients try every type as soon as it is let through, over and over. Whatever the rebuilds take,
// they stay in a twentieth of the time until the last refusal ends.
TEST(RefusedTypesTest, HoweverManyTypesDoItRebuildsTakeATwentiethOfTheTimeAtMost) {
  for (const int types : {1, 2, 10, 100}) {
    std::mt19937 random(static_cast<unsigned>(types));
    RefusedTypes refused;
    std::int64_t now = kNow, rebuilding = 0, last = kNow;
    int rebuilds = 0;
    for (int round = 0; round < 3000; ++round) {
      for (std::uint32_t type = 0; type < static_cast<std::uint32_t>(types); ++type) {
        if (refused.until(type, now)) continue;
        const auto took = static_cast<std::int64_t>(random() % (10 * kSecond));
        now += took;
        rebuilding += took;
        ++rebuilds;
        last = std::max(last, refused.refuse(type, took, now));
        ASSERT_LE(rebuilding * 20, last - kNow) << types << " types, " << rebuilds << " rebuilds";
      }
      now += static_cast<std::int64_t>(random() % (20 * kSecond));
    }
    EXPECT_GT(rebuilds, types);  // they were let through again
  }
}

}  // namespace
}  // namespace composable::host
