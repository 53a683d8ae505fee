#include "verify/mutation.hpp"

#include <gtest/gtest.h>

#include <map>

namespace composable::host {
namespace {

constexpr char kGood[] = R"({"note":{"a":[1,2]},"text":"x:,}","last":7})";

TEST(Damage, OfEveryKindIsDone) {
  Dice dice(1);
  std::map<std::string, int> kinds;
  for (int i = 0; i < 3000; ++i) ++kinds[std::string(damage(kGood, dice).how)];
  EXPECT_EQ(kinds.size(), 20u);
}

TEST(Damage, ReplacesWholeValues) {
  Dice dice(1);
  std::map<std::string, int> made;
  for (int i = 0; i < 3000; ++i) {
    const Damaged damaged = damage(kGood, dice);
    if (damaged.how == "with true") ++made[damaged.json];
  }
  EXPECT_EQ(made.size(), 4u);
  EXPECT_EQ(made.count(R"({"note":true,"text":"x:,}","last":7})"), 1u);
  EXPECT_EQ(made.count(R"({"note":{"a":true},"text":"x:,}","last":7})"), 1u);
  EXPECT_EQ(made.count(R"({"note":{"a":[1,2]},"text":true,"last":7})"), 1u);
  EXPECT_EQ(made.count(R"({"note":{"a":[1,2]},"text":"x:,}","last":true})"), 1u);
}

TEST(Damage, StaysBelowWhatAHostLetsIn) {
  Dice dice(2);
  for (int i = 0; i < 500; ++i) EXPECT_LT(damage(kGood, dice).json.size(), std::size_t{2} << 20);
}

TEST(Damage, OfNothingIsSomething) {
  Dice dice(3);
  for (int i = 0; i < 500; ++i) damage("", dice);
}

}  // namespace
}  // namespace composable::host
