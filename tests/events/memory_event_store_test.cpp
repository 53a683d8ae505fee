// What only the memory store promises.
#include <gtest/gtest.h>

#include <thread>

#include "events/memory/event_store.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

TEST(MemoryStore, AnswersInsideAppendOnTheCallersThread) {
  struct Here final : AppendListener {
    void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) override {
      count += answered.size();
      thread = std::this_thread::get_id();
    }
    std::size_t count = 0;
    std::thread::id thread;
  } here;
  MemoryEventStore store(system_clock());
  store.append(request({to("order-1", Expected::kAny)}), here);
  EXPECT_EQ(here.count, 1u);
  EXPECT_EQ(here.thread, std::this_thread::get_id());
}

TEST(MemoryStore, AFullStoreRefusesAndSaysSo) {
  MemoryEventStore store(system_clock(), {2000});
  AppendResult result;
  do {
    result = append(store, request({to("order-1", Expected::kAny)}));
  } while (result.code == AppendCode::kOk);
  EXPECT_EQ(result.code, AppendCode::kUnavailable);
  EXPECT_NE(result.message.find("memory: full"), std::string::npos) << result.message;
  EXPECT_EQ(store.health().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GT(store.stats().head, 0u);
}

TEST(MemoryStore, HasNoBackup) {
  MemoryEventStore store(system_clock());
  EXPECT_EQ(store.backup("/nowhere").message(),
            "backup: memory: keeps nothing to back up; use sqlite:");
}

}  // namespace
}  // namespace composable::host::testing
