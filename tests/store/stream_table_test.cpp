#include "store/stream_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace composable::host {
namespace {

TEST(StreamTableTest, AStreamThatNobodyHasWrittenToIsAtVersionZero) {
  StreamTable table;
  EXPECT_EQ(table.find("order-1").version, 0u);
  EXPECT_FALSE(table.find("order-1").deleted);
  EXPECT_EQ(table.size(), 0u);  // asking makes nothing
}

TEST(StreamTableTest, ItKeepsTheVersionOfEachStream) {
  StreamTable table;
  table.set_version(table.key_of("a"), 3);
  table.set_version(table.key_of("b"), 1);
  table.set_version(table.key_of("a"), 4);
  EXPECT_EQ(table.find("a").version, 4u);
  EXPECT_EQ(table.find("b").version, 1u);
  EXPECT_EQ(table.find(table.key_of("a")).version, 4u);
  EXPECT_EQ(table.size(), 2u);
}

TEST(StreamTableTest, VersionZeroForgetsAStreamSoThatRefusedOnesTakeNoMemory) {
  StreamTable table;
  table.set_version(table.key_of("a"), 1);
  table.set_version(table.key_of("a"), 0);
  EXPECT_EQ(table.find("a").version, 0u);
  EXPECT_EQ(table.size(), 0u);
}

TEST(StreamTableTest, ADeletedStreamStaysDeletedAtWhateverVersion) {
  StreamTable table;
  table.set_version(table.key_of("a"), 5);
  table.mark_deleted("a");
  EXPECT_TRUE(table.find("a").deleted);
  EXPECT_EQ(table.find("a").version, 5u);
  table.set_version(table.key_of("a"), 4);
  EXPECT_TRUE(table.find("a").deleted);
  table.set_version(table.key_of("a"), 0);
  EXPECT_TRUE(table.find("a").deleted);
  table.mark_deleted("never-written");
  EXPECT_TRUE(table.find("never-written").deleted);
  table.clear();
  EXPECT_FALSE(table.find("a").deleted);
  EXPECT_EQ(table.size(), 0u);
}

// The key of the hash is secret and each table has its own: two names that collide in one table
// say nothing about another.
TEST(StreamTableTest, ANameHasAnotherKeyInEachTableAndTheSameInOne) {
  StreamTable one, other;
  EXPECT_EQ(one.key_of("order-1"), one.key_of("order-1"));
  EXPECT_FALSE(one.key_of("order-1") == other.key_of("order-1"));
  const StreamTable::Key before = one.key_of("order-1");
  StreamTable moved = std::move(one);
  EXPECT_EQ(moved.key_of("order-1"), before);
}

TEST(StreamTableTest, AllOfTheNameCountsAndAllBitsOfItsKeyAreUsed) {
  StreamTable table;
  std::set<std::array<std::uint64_t, 2>> keys;
  std::set<std::uint64_t> first, second;
  std::size_t names = 0;
  const auto add = [&](std::string_view name) {
    const StreamTable::Key key = table.key_of(name);
    keys.insert(key.bits);
    first.insert(key.bits[0]);
    second.insert(key.bits[1]);
    ++names;
  };
  for (int n = 0; n < 10'000; ++n) add("order-" + std::to_string(n));
  add("");
  add(std::string(1, '\0'));
  add(std::string(2, '\0'));
  add(std::string(254, 'x'));
  add(std::string(255, 'x'));
  add(std::string(254, 'x') + "y");
  EXPECT_EQ(keys.size(), names);
  EXPECT_EQ(first.size(), names);
  EXPECT_EQ(second.size(), names);
}

}  // namespace
}  // namespace composable::host
