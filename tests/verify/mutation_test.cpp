#include "verify/mutation.hpp"

#include <gtest/gtest.h>

#include <map>

namespace composable::host {
namespace {

constexpr char kGood[] = R"({"note":{"a":[1,2]},"text":"x:,}","last":7})";

TEST(Damage, OfEveryKindIsDone) {
  SeededRng rng(1);
  std::map<std::string, int> kinds;
  for (int i = 0; i < 3000; ++i) ++kinds[std::string(mutate(kGood, rng).how)];
  EXPECT_EQ(kinds.size(), 20u);
}

TEST(Damage, ReplacesWholeValues) {
  SeededRng rng(1);
  std::map<std::string, int> made;
  for (int i = 0; i < 3000; ++i) {
    const Mutation damaged = mutate(kGood, rng);
    if (damaged.how == "with true") ++made[damaged.json];
  }
  EXPECT_EQ(made.size(), 4u);
  EXPECT_EQ(made.count(R"({"note":true,"text":"x:,}","last":7})"), 1u);
  EXPECT_EQ(made.count(R"({"note":{"a":true},"text":"x:,}","last":7})"), 1u);
  EXPECT_EQ(made.count(R"({"note":{"a":[1,2]},"text":true,"last":7})"), 1u);
  EXPECT_EQ(made.count(R"({"note":{"a":[1,2]},"text":"x:,}","last":true})"), 1u);
}

TEST(Damage, StaysBelowWhatAHostLetsIn) {
  SeededRng rng(2);
  for (int i = 0; i < 500; ++i) EXPECT_LT(mutate(kGood, rng).json.size(), std::size_t{2} << 20);
}

TEST(Damage, OfNothingIsSomething) {
  SeededRng rng(3);
  for (int i = 0; i < 500; ++i) mutate("", rng);
}

}  // namespace
}  // namespace composable::host
