// The counter in C, driven through its table.
#include <gtest/gtest.h>

#include "driven_domain.hpp"

namespace {

using Lines = std::vector<std::string>;

enum Route : std::uint32_t { kGet, kIncrement, kDecrement, kReset };

TEST(CounterInC, StartsAtZero) {
  DrivenDomain counter;
  EXPECT_EQ(counter.read(kGet), R"({"count":0})");
}

TEST(CounterInC, EachCommandAppliesItsEvent) {
  DrivenDomain counter;
  EXPECT_EQ(counter.decide("Increment", "{}"), Lines{R"(apply Incremented{"by":1})"});
  EXPECT_EQ(counter.decide("Decrement", R"({"by":3})"), Lines{R"(apply Decremented{"by":3})"});
  EXPECT_EQ(counter.decide("Reset", "{}"), Lines{"apply WasReset{}"});
}

TEST(CounterInC, OnlyEventsMoveTheCount) {
  DrivenDomain counter;
  counter.decide("Increment", "{}");
  EXPECT_EQ(counter.read(kGet), R"({"count":0})");
  EXPECT_EQ(counter.evolve("Incremented", R"({"by":5})"), "");
  EXPECT_EQ(counter.evolve("Decremented", R"({"by":7})"), "");
  EXPECT_EQ(counter.read(kGet), R"({"count":-2})");
  EXPECT_EQ(counter.evolve("WasReset", "{}"), "");
  EXPECT_EQ(counter.read(kGet), R"({"count":0})");
}

TEST(CounterInC, ARouteTakesNoBodyAsAStepOfOne) {
  DrivenDomain counter;
  EXPECT_EQ(counter.to_action(kIncrement, ""), "Increment{}");
  EXPECT_EQ(counter.to_action(kDecrement, R"({"by":2})"), R"(Decrement{"by":2})");
  EXPECT_EQ(counter.to_action(kReset, ""), "Reset{}");
}

TEST(CounterInC, ReadsEveryGoodStep) {
  DrivenDomain counter;
  for (const char* good : {"{}", " { } ", R"({"by":0})", "{ \"by\" :\t-12 }\n",
                           R"({"by":9223372036854775807})", R"({"by":-9223372036854775808})"}) {
    EXPECT_EQ(counter.decode("Increment", good), "") << good;
  }
}

TEST(CounterInC, NamesByWhenItIsWrong) {
  DrivenDomain counter;
  for (const char* bad :
       {"\"2\"", "1.5", "1e3", "01", "-", "null", "true", "[1]", "- 1", "+1", "9223372036854775808",
        "99999999999999999999999", "-9223372036854775809", ""}) {
    const std::string body = std::string(R"({"by":)") + bad + "}";
    EXPECT_EQ(counter.decode("Increment", body), "error -2 by: expected an integer of 64 bits")
        << body;
    EXPECT_EQ(counter.to_action(kIncrement, body), "error -2 by: expected an integer of 64 bits")
        << body;
  }
}

TEST(CounterInC, RefusesWhatIsNotAStep) {
  DrivenDomain counter;
  for (const char* bad : {"{", "{,}", R"({"by":1,"by":2})", R"({"by":1} x)", R"({"to":1})",
                          R"({"by":1,})", R"({"by":1,"to":2})"}) {
    EXPECT_EQ(counter.decode("Increment", bad), R"(error -2 : expected {} or {"by": <integer>})")
        << bad;
  }
  EXPECT_EQ(counter.decode("Increment", R"({"by"})"),
            "error -2 by: expected an integer of 64 bits");
  for (const char* bad : {"", " ", "1", "[]", "null", "\"{}\""}) {
    EXPECT_EQ(counter.decode("Increment", bad), "error -2 : expected an object") << bad;
  }
  EXPECT_EQ(counter.decode("Reset", R"({"by":1})"), "error -2 : expected {}");
}

TEST(CounterInC, NoPrefixOfAStepReadsBeyondItsEnd) {
  DrivenDomain counter;
  const std::string whole = R"({ "by" : -12 })";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const std::vector<char> prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_NE(counter.decode("Increment", {prefix.data(), prefix.size()}), "") << n;
  }
}

TEST(CounterInC, RejectsAStepThatLeavesTheRange) {
  DrivenDomain counter;
  ASSERT_EQ(counter.evolve("Incremented", R"({"by":9007199254740992})"), "");
  EXPECT_EQ(counter.decide("Increment", "{}"), Lines{R"(announce OutOfRange{"by":1})"});
  EXPECT_EQ(counter.decide("Decrement", R"({"by":-1})"), Lines{R"(announce OutOfRange{"by":-1})"});
  EXPECT_EQ(counter.decide("Increment", R"({"by":-9223372036854775807})"),
            Lines{R"(announce OutOfRange{"by":-9223372036854775807})"});
  EXPECT_EQ(counter.decide("Decrement", "{}"), Lines{R"(apply Decremented{"by":1})"});
}

TEST(CounterInC, HandsItsCountOn) {
  DrivenDomain old, next;
  ASSERT_EQ(old.evolve("Decremented", R"({"by":7})"), "");
  EXPECT_EQ(old.table().state_schema, 1u);
  EXPECT_EQ(old.export_state(), R"({"count":-7})");
  EXPECT_EQ(next.import_state(1, old.export_state()), "");
  EXPECT_EQ(next.read(kGet), R"({"count":-7})");
}

TEST(CounterInC, RefusesAStateThatItDoesNotKnow) {
  DrivenDomain counter;
  EXPECT_EQ(counter.import_state(2, R"({"count":1})"),
            "error -3 : only a state of schema 1 is known");
  EXPECT_EQ(counter.import_state(1, R"({"count":"1"})"),
            "error -2 count: expected an integer of 64 bits");
  for (const char* bad : {"", "{}", R"({"by":1})", R"({"count":1)", R"({"count":1,"by":2})"}) {
    EXPECT_NE(counter.import_state(1, bad), "") << bad;
  }
  EXPECT_EQ(counter.import_state(1, ""), R"(error -2 : expected {"count": <integer>})");
}

}  // namespace
