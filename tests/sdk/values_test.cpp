// Field types with a meaning on the wire, and the context that reducers see.
#include "composable/values.hpp"

#include <gtest/gtest.h>

#include <set>

#include "composable/context.hpp"
#include "composable/json.hpp"

namespace {

using composable::Context;
using composable::Timestamp;

TEST(Timestamp, WritesMillisecondsAndZ) {
  EXPECT_EQ((Timestamp{0}.text()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ((Timestamp{1'767'225'600'123'456}.text()), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ((Timestamp{-1}.text()), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ((Timestamp{-86'400'000'000}.text()), "1969-12-31T00:00:00.000Z");
}

TEST(Timestamp, ReadsAnyNumberOfFractionDigits) {
  Timestamp at;
  ASSERT_TRUE(Timestamp::parse("2026-01-01T00:00:00Z", at));
  EXPECT_EQ(at.us, 1'767'225'600'000'000);
  ASSERT_TRUE(Timestamp::parse("2026-01-01T00:00:00.1234567Z", at));
  EXPECT_EQ(at.us, 1'767'225'600'123'456);
  ASSERT_TRUE(Timestamp::parse("2024-02-29T23:59:59.5Z", at));
  EXPECT_EQ(at.text(), "2024-02-29T23:59:59.500Z");
}

TEST(Timestamp, RefusesWhatIsNoInstant) {
  Timestamp at;
  for (const char* bad :
       {"", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Zx"}) {
    EXPECT_FALSE(Timestamp::parse(bad, at)) << bad;
  }
}

TEST(WithDefault, IsItsValue) {
  composable::WithDefault<std::int64_t, 3> by;
  EXPECT_EQ(by, 3);
  by = 5;
  EXPECT_EQ(by + 1, 6);
}

composable_context some_context() {
  composable_context context{};
  context.struct_size = sizeof(context);
  context.recorded_at_us = 1'767'225'600'123'456;
  context.random[0] = 17;
  context.random[1] = 4;
  return context;
}

TEST(Context, MakesUuidsOfTheTimeItRecords) {
  const composable_context raw = some_context();
  const std::string id = Context(raw).uuid7();
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id.substr(0, 13), "019b76da-a87b");
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(Context, MakesAnotherUuidAtEveryCall) {
  const composable_context raw = some_context();
  const Context context(raw);
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(context.uuid7());
  EXPECT_EQ(ids.size(), 10'000u);
}

TEST(Context, GivesTheSameUuidsForTheSameCall) {
  const composable_context raw = some_context();
  const Context first(raw), second(raw);
  EXPECT_EQ(first.uuid7(), second.uuid7());
  EXPECT_EQ(first.uuid7(), second.uuid7());
  composable_context other = raw;
  other.random[1] ^= 1;
  EXPECT_NE(Context(other).uuid7(), Context(raw).uuid7());
}

TEST(Error, IsCutBeforeACharacterThatDoesNotFit) {
  composable_error error = composable::no_error();
  std::string text(367, 'x');
  composable::set_error(&error, text + "€");
  EXPECT_EQ(composable::message(error), text);
  composable::set_error(&error, "m", "b");
  composable::prepend_path(&error, "a");
  composable::prepend_path(&error, "[3]");
  EXPECT_EQ(composable::path(error), "[3].a.b");
}

}  // namespace
