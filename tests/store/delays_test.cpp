#include "store/delays.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

Delay delay(std::string key, std::int64_t due, std::string data = {}, bool stored = false) {
  Delay made;
  made.key = std::move(key);
  made.due_us = due;
  made.data = std::move(data);
  made.stored = stored;
  return made;
}

// The data of all that is due, in order.
std::string due(Delays& delays, std::int64_t now) {
  std::string out;
  for (auto next = delays.due(now); next.first; next = delays.due(now)) out += next.second.data;
  return out;
}

TEST(DelaysTest, TheyComeWhenTheyAreDueTheOldestFirst) {
  Delays delays;
  EXPECT_EQ(delays.earliest(), Delays::kNever);
  delays.add(delay("b", 20, "b"));
  delays.add(delay("", 30, "c"));
  delays.add(delay("a", 10, "a"));
  EXPECT_EQ(delays.earliest(), 10);
  EXPECT_EQ(due(delays, 9), "");
  EXPECT_EQ(due(delays, 20), "ab");
  EXPECT_FALSE(delays.pending("a"));
  EXPECT_EQ(delays.size(), 1u);
  EXPECT_EQ(due(delays, 30), "c");
  EXPECT_EQ(delays.earliest(), Delays::kNever);
}

TEST(DelaysTest, ThoseOfOneMomentComeInTheOrderInWhichTheyBegan) {
  Delays delays;
  for (const char* data : {"1", "2", "3"}) delays.add(delay("", 10, data));
  delays.add(delay("k", 10, "4"));
  EXPECT_EQ(due(delays, 10), "1234");
}

TEST(DelaysTest, OneOfTheSameKeyTakesTheOthersPlaceAndGivesItBack) {
  Delays delays;
  EXPECT_FALSE(delays.add(delay("k", 10, "old", true)).first);
  const auto [replaced, old] = delays.add(delay("k", 20, "new"));
  EXPECT_TRUE(replaced);
  EXPECT_EQ(old.data, "old");
  EXPECT_TRUE(old.stored);
  EXPECT_EQ(delays.size(), 1u);
  EXPECT_FALSE(delays.stored("k"));
  EXPECT_EQ(due(delays, 15), "");
  EXPECT_EQ(due(delays, 20), "new");
}

TEST(DelaysTest, OneWithoutAKeyNeitherReplacesNorIsReplaced) {
  Delays delays;
  EXPECT_FALSE(delays.add(delay("", 10, "1")).first);
  EXPECT_FALSE(delays.add(delay("", 10, "2")).first);
  EXPECT_FALSE(delays.remove("").first);
  EXPECT_FALSE(delays.pending(""));
  EXPECT_EQ(due(delays, 10), "12");
}

TEST(DelaysTest, ARemovedOneNeverComesAndItsKeyCanBeUsedAgain) {
  Delays delays;
  delays.add(delay("k", 10, "old"));
  delays.add(delay("other", 10, "other"));
  const auto [removed, old] = delays.remove("k");
  EXPECT_TRUE(removed);
  EXPECT_EQ(old.data, "old");
  EXPECT_FALSE(delays.remove("k").first);
  EXPECT_FALSE(delays.remove("never").first);
  delays.add(delay("k", 5, "new"));
  EXPECT_EQ(due(delays, 10), "newother");
}

TEST(DelaysTest, ItKnowsWhichOnesHaveARow) {
  Delays delays;
  delays.add(delay("row", 10, "", true));
  delays.add(delay("memory", 10));
  EXPECT_TRUE(delays.stored("row"));
  EXPECT_FALSE(delays.stored("memory"));
  EXPECT_FALSE(delays.stored("none"));
  EXPECT_TRUE(delays.pending("row"));
  EXPECT_TRUE(delays.pending("memory"));
  EXPECT_FALSE(delays.pending("none"));
}

TEST(DelaysTest, BeforeTheRowsAreReadAgainOnlyTheirDelaysAreForgotten) {
  Delays delays;
  delays.add(delay("row-1", 10, "1", true));
  delays.add(delay("memory", 10, "m"));
  delays.add(delay("", 10, "n"));
  delays.add(delay("row-2", 20, "2", true));
  delays.forget_stored();
  EXPECT_EQ(delays.size(), 2u);
  EXPECT_FALSE(delays.pending("row-1"));
  delays.add(delay("row-1", 10, "again", true));
  EXPECT_EQ(due(delays, 100), "mnagain");
}

}  // namespace
}  // namespace composable::host
