// Durable delays, on every store.
#include <gtest/gtest.h>

#include "events/append_rules.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

class TimerContract : public EventStoreContract {};

COMPOSABLE_FOR_EVERY_STORE(TimerContract);

TEST_P(TimerContract, ATimerIsKeptWithTheAppendBesideIt) {
  auto r = request({to("order-1", Expected::kAny)});
  r->timers = {timer("timeout-order-1", 5'000, R"({"order_id":"order-1"})")};
  r->timers[0].meta = {new_id(), new_id(), "user-7", "00-aa-bb-01"};
  const EventMeta meta = r->timers[0].meta;
  append(std::move(r));
  const auto timers = store_->load_timers("orders");
  ASSERT_EQ(timers->size(), 1u);
  const StoredTimer& kept = timers->front();
  EXPECT_EQ(kept.domain, "orders");
  EXPECT_EQ(kept.key, "timeout-order-1");
  EXPECT_EQ(kept.due_us, 5'000);
  EXPECT_EQ(kept.action_type, "TimedOut");
  EXPECT_EQ(kept.data, R"({"order_id":"order-1"})");
  EXPECT_EQ(kept.meta.correlation, meta.correlation);
  EXPECT_EQ(kept.meta.cause, meta.cause);
  EXPECT_EQ(kept.meta.actor, "user-7");
  EXPECT_EQ(kept.meta.traceparent, "00-aa-bb-01");
}

TEST_P(TimerContract, ARequestWithoutStreamsWritesTimersOnly) {
  const AppendResult result = append(timers({timer("a", 1)}));
  EXPECT_EQ(result.code, AppendCode::kOk);
  EXPECT_EQ(result.first_position, 0u);
  EXPECT_TRUE(result.first_versions.empty());
  EXPECT_EQ(store_->load_timers("orders")->size(), 1u);
  EXPECT_EQ(store_->stats().head, 0u);
}

TEST_P(TimerContract, TimersComeByDueTime) {
  append(timers({timer("c", 3), timer("a", 9), timer("b", 3), timer("d", 1)}));
  std::string order;
  const auto timers = store_->load_timers("orders");
  for (const StoredTimer& t : *timers) order += t.key;
  EXPECT_EQ(order, "dbca");
}

TEST_P(TimerContract, ALaterTimerOfTheSameKeyReplacesTheFirst) {
  append(timers({timer("a", 1, "old")}));
  append(timers({timer("a", 2, "new")}));
  const auto timers = store_->load_timers("orders");
  ASSERT_EQ(timers->size(), 1u);
  EXPECT_EQ(timers->front().due_us, 2);
  EXPECT_EQ(timers->front().data, "new");
}

TEST_P(TimerContract, ACancelledTimerIsGone) {
  append(timers({timer("a", 1), timer("b", 2)}));
  EXPECT_EQ(append(timers({}, {"a"})).code, AppendCode::kOk);
  const auto left = store_->load_timers("orders");
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().key, "b");
}

TEST_P(TimerContract, CancellingAnUnknownTimerIsIgnored) {
  EXPECT_EQ(append(timers({}, {"nothing"})).code, AppendCode::kOk);
}

TEST_P(TimerContract, WhatIsCancelledAndWrittenTogetherStays) {
  append(timers({timer("a", 1)}));
  append(timers({timer("a", 2)}, {"a"}));
  ASSERT_EQ(store_->load_timers("orders")->size(), 1u);
  EXPECT_EQ(store_->load_timers("orders")->front().due_us, 2);
}

TEST_P(TimerContract, TimersOfDomainsAreApart) {
  append(timers({timer("a", 1)}, {}, "orders"));
  append(timers({timer("a", 2)}, {}, "payments"));
  append(timers({}, {"a"}, "payments"));
  EXPECT_EQ(store_->load_timers("orders")->size(), 1u);
  EXPECT_TRUE(store_->load_timers("payments")->empty());
  EXPECT_TRUE(store_->load_timers("order")->empty());
}

TEST_P(TimerContract, ARefusedAppendLeavesTimersAsTheyAre) {
  append(timers({timer("a", 1)}));
  append(to("order-1", Expected::kAny));
  auto r = request({to("order-1", Expected::kNone)});
  r->timers = {timer("b", 2)};
  r->cancelled_timers = {"a"};
  EXPECT_EQ(append(std::move(r)).code, AppendCode::kConflict);
  const auto left = store_->load_timers("orders");
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().key, "a");
}

TEST_P(TimerContract, TimerKeysAndDataHaveLimits) {
  EXPECT_EQ(append(timers({timer("", 1)})).code, AppendCode::kInvalid);
  EXPECT_EQ(append(timers({timer(std::string(256, 'k'), 1)})).code, AppendCode::kInvalid);
  EXPECT_EQ(append(timers({}, {""})).code, AppendCode::kInvalid);
  EXPECT_EQ(append(timers({timer("a", 1, std::string(kMaxEventData + 1, 'x'))})).code,
            AppendCode::kInvalid);
  EXPECT_EQ(append(timers(std::vector<TimerWrite>(kMaxRequestTimers + 1, timer("a", 1)))).code,
            AppendCode::kInvalid);
}

}  // namespace
}  // namespace composable::host::testing
