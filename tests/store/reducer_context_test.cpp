#include "store/reducer_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

std::string_view text(composable_str s) { return {s.ptr == nullptr ? "" : s.ptr, s.len}; }

Uuid some_id() { return *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057"); }

// An event is evolved before it has a position, so that no reducer is ever told one.
TEST(ReducerContextTest, AStoredEventIsToldAsTheLiveOneWasButForReplaying) {
  EventStore::EventView event{};
  event.position = 17;
  event.version = 3;
  event.stream = "order-1";
  event.actor = "ann";
  event.recorded_at_us = 1234;
  event.correlation = some_id();
  ReducerContext replayed(event, COMPOSABLE_CONTEXT_REPLAYING);
  ReducerContext live(1234, "ann", some_id());
  live.at("order-1", 3);
  EXPECT_EQ(live.abi().flags, 0u);
  EXPECT_EQ(replayed.abi().flags, COMPOSABLE_CONTEXT_REPLAYING);
  for (composable_context* told : {&live.abi(), &replayed.abi()}) {
    EXPECT_EQ(told->struct_size, sizeof(composable_context));
    EXPECT_EQ(told->position, 0u);
    EXPECT_EQ(told->version, 3u);
    EXPECT_EQ(text(told->stream), "order-1");
    EXPECT_EQ(text(told->actor), "ann");
    EXPECT_EQ(told->recorded_at_us, 1234);
    EXPECT_EQ(text(told->correlation_id), "01890a5d-ac96-774b-bcce-b302099a8057");
    EXPECT_EQ(told->random[0], 0u);
    EXPECT_EQ(told->random[1], 0u);
  }
}

TEST(ReducerContextTest, WhatIsNotKnownIsEmpty) {
  ReducerContext context(1, "", Uuid{});
  EXPECT_EQ(text(context.abi().actor), "");
  EXPECT_EQ(text(context.abi().correlation_id), "");
  EXPECT_EQ(text(context.abi().stream), "");
  EXPECT_EQ(context.abi().version, 0u);
}

}  // namespace
}  // namespace composable::host
