// The counter in C++, driven through the entry that a host calls.
#include <gtest/gtest.h>

#include <vector>

#include "composable/json.hpp"
#include "composable/testing/recorder.hpp"
#include "fake_http.hpp"

extern "C" const composable_domain* composable_plugin_entry_v1(const composable_host*,
                                                               composable_error*);

namespace {

using Lines = std::vector<std::string>;

enum Action : std::uint32_t {
  kIncrement,
  kDecrement,
  kReset,
  kIncremented,
  kDecremented,
  kWasReset
};
enum Route : std::uint32_t { kGetRoute, kIncrementRoute, kDecrementRoute, kResetRoute };

class Counter : public ::testing::Test {
 protected:
  Counter() { table_.create(nullptr, COMPOSABLE_STR("{}"), &state_, &error_); }
  ~Counter() override { table_.destroy(state_); }

  Lines decide(std::uint32_t type, std::string_view json) {
    composable::testing::Recorder recorder(table_);
    const composable_action action{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    error_ = composable::no_error();
    const auto status = table_.decide(state_, &action, &context_, recorder.sink(), &error_);
    if (status < 0) return {composable::describe(error_)};
    Lines lines;
    for (const auto& effect : recorder.effects()) lines.push_back(recorder.describe(effect));
    return lines;
  }
  void evolve(std::uint32_t type, std::string_view json) {
    const composable_action event{type, COMPOSABLE_FORM_JSON, json.data(), json.size()};
    EXPECT_EQ(table_.evolve(state_, &event, &context_, &error_), COMPOSABLE_OK);
  }
  std::string read() {
    FakeResponse response;
    const FakeRequest request;
    const composable_request raw = request.abi();
    EXPECT_EQ(routes_.read(state_, kGetRoute, &raw, &response.abi, &error_), COMPOSABLE_OK);
    return response.body;
  }
  std::string action(std::uint32_t route, std::string body) {
    FakeCommandSink sink(table_);
    const FakeRequest request{.body = std::move(body)};
    const composable_request raw = request.abi();
    EXPECT_EQ(routes_.to_action(route, &raw, &sink.abi, &error_), COMPOSABLE_OK);
    return sink.sent;
  }

  composable_error error_ = composable::no_error();
  composable_context context_{};
  composable_state* state_ = nullptr;
  const composable_domain& table_ = *composable_plugin_entry_v1(nullptr, &error_);
  const composable_routes_v1& routes_ = *static_cast<const composable_routes_v1*>(
      table_.query_extension(COMPOSABLE_STR(COMPOSABLE_ROUTES_EXTENSION)));
};

TEST_F(Counter, StartsAtZero) { EXPECT_EQ(read(), R"({"count":0})"); }

TEST_F(Counter, EachCommandAppliesItsEvent) {
  EXPECT_EQ(decide(kIncrement, "{}"), Lines{R"(apply Incremented{"by":1})"});
  EXPECT_EQ(decide(kDecrement, R"({"by":3})"), Lines{R"(apply Decremented{"by":3})"});
  EXPECT_EQ(decide(kReset, "{}"), Lines{"apply WasReset{}"});
}

TEST_F(Counter, OnlyEventsMoveTheCount) {
  decide(kIncrement, "{}");
  EXPECT_EQ(read(), R"({"count":0})");
  evolve(kIncremented, R"({"by":5})");
  evolve(kDecremented, R"({"by":7})");
  EXPECT_EQ(read(), R"({"count":-2})");
  evolve(kWasReset, "{}");
  EXPECT_EQ(read(), R"({"count":0})");
}

TEST_F(Counter, ARouteTakesNoBodyAsAStepOfOne) {
  EXPECT_EQ(action(kIncrementRoute, ""), R"(Increment{"by":1})");
  EXPECT_EQ(action(kDecrementRoute, R"({"by":2})"), R"(Decrement{"by":2})");
  EXPECT_EQ(action(kResetRoute, ""), "Reset{}");
}

TEST_F(Counter, AStepNeverLeavesTheRangeOfExactNumbers) {
  EXPECT_EQ(decide(kIncrement, R"({"by":9223372036854775807})"),
            Lines{R"(reject with OutOfRange{"by":9223372036854775807})"});
  evolve(kIncremented, R"({"by":9007199254740992})");
  EXPECT_EQ(decide(kIncrement, "{}"), Lines{R"(reject with OutOfRange{"by":1})"});
  EXPECT_EQ(decide(kDecrement, R"({"by":-1})"), Lines{R"(reject with OutOfRange{"by":-1})"});
}

TEST_F(Counter, NamesByWhenItIsWrong) {
  EXPECT_EQ(decide(kIncrement, R"({"by":"two"})"),
            Lines{"by: expected integer, found string \"two\" (byte 6)"});
  EXPECT_EQ(decide(kReset, R"({"by":1})"), Lines{"unknown field \"by\" (byte 1)"});
}

// In the form of examples/counter-c, so that either may take the place of the other.
TEST_F(Counter, HandsItsCountOn) {
  const auto* reload = static_cast<const composable_reload_v1*>(
      table_.query_extension(COMPOSABLE_STR(COMPOSABLE_RELOAD_EXTENSION)));
  evolve(kDecremented, R"({"by":7})");
  std::string bytes;
  composable_writer writer = composable::append_to(bytes);
  ASSERT_EQ(reload->export_state(state_, &writer, &error_), COMPOSABLE_OK);
  EXPECT_EQ(bytes, R"({"count":-7})");
  const std::string_view other = R"({"count":5})";
  ASSERT_EQ(reload->import_state(
                state_, table_.state_schema,
                {reinterpret_cast<const std::uint8_t*>(other.data()), other.size()}, &error_),
            COMPOSABLE_OK);
  EXPECT_EQ(read(), other);
}

TEST_F(Counter, AHostThatDoesNotSpeakTheAbiGetsNothing) {
  composable_host host{};
  host.abi_major = 77;
  EXPECT_EQ(composable_plugin_entry_v1(&host, &error_), nullptr);
}

}  // namespace
