// Many loop threads bring work to one domain: it stays serial, and nothing is lost. Meant for tsan.
#include <atomic>
#include <thread>

#include "store_fixture.hpp"

namespace composable::host {
namespace {

// Four real threads that run what is posted.
class ThreadedLoops final : public Scheduler {
 public:
  explicit ThreadedLoops(int threads) : pool_(threads, 1u << 20) {}
  void post(Task task) override { pool_.resubmit(std::move(task)); }
  TimerId after(std::int64_t, Task) override { return 0; }  // no test here waits for time
  void cancel(TimerId) override {}

 private:
  WorkerPool pool_;
};

struct CountingWaiter final : Waiter {
  std::atomic<int>& ended_;
  explicit CountingWaiter(std::atomic<int>& ended) : ended_(ended) {}
  void ended(const Outcome&) noexcept override { ended_.fetch_add(1); }
};

TEST(StoreThreads, CommandsFromManyThreadsAreDecidedOneByOneAndAllAnswered) {
  constexpr int kThreads = 4, kEach = 500;
  SystemClock clock;
  SystemRng rng;
  MemoryEventStore events(clock);
  BroadcastBus bus;
  RecordingListener listener;  // only ever called inside the serial section
  bus.add(&listener);
  std::atomic<int> ended{0};
  std::vector<std::unique_ptr<CountingWaiter>> waiters;
  for (int n = 0; n < kThreads * kEach; ++n) {
    waiters.push_back(std::make_unique<CountingWaiter>(ended));
  }
  {
    WorkerPool workers(2, 1024);
    ThreadedLoops loops(kThreads);
    absl::StatusOr<DomainHandle> domain =
        DomainHandle::inspect(composable_plugin_entry_v1(nullptr, nullptr));
    ASSERT_TRUE(domain.ok() && domain->create(nullptr, "{}").ok());
    Store store(std::move(*domain), {&events, &bus, &loops, &clock, &rng, &workers}, {});
    ASSERT_TRUE(store.replay().ok());
    auto subscriber = store.subscribe_actions();
    const std::uint32_t note = store.domain().find_action("Note")->number;
    const std::uint32_t echo = store.domain().find_action("Echo")->number;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < kEach; ++n) {
          const bool job = n % 50 == 0;
          const std::string json =
              job ? R"({"key":"","text":"e"})"
                  : R"({"stream":"s)" + std::to_string(n % 5) + R"(","text":"x"})";
          store.send({job ? echo : note, COMPOSABLE_FORM_JSON, json.data(), json.size()}, {},
                     waiters[t * kEach + n].get());
          if (n % 10 == 0) (void)store.health();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(store.shutdown(20'000'000), 0u);
  }
  EXPECT_EQ(ended.load(), kThreads * kEach);
  EXPECT_EQ(events.stats().events, std::uint64_t{kThreads * kEach});
  EXPECT_EQ(listener.positions.size(), std::size_t{kThreads * kEach});
  EXPECT_TRUE(std::is_sorted(listener.positions.begin(), listener.positions.end()));
}

}  // namespace
}  // namespace composable::host
