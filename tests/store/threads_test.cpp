// Many loop threads bring work to domains: each stays serial, and nothing is lost. Meant for tsan.
#include <atomic>
#include <thread>

#include "listener.hpp"
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
    const std::uint32_t note = store.domain()->find_action("Note")->number;
    const std::uint32_t echo = store.domain()->find_action("Echo")->number;
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

// The probe asks the listener, whose answers both hear: two serial sections that always call into
// each other's mailbox.
TEST(StoreThreads, DomainsThatPublishToEachOtherNeitherBlockNorLose) {
  constexpr int kThreads = 4, kEach = 250;
  SystemClock clock;
  SystemRng rng;
  MemoryEventStore events(clock);
  MetricsRegistry metrics;
  TopicTable topics;
  WorkerPool workers(2, 1024);
  {
    ThreadedLoops loops(kThreads);
    const StoreEnvironment environment{&events, nullptr,  &loops,   &clock,
                                       &rng,    &workers, &metrics, &topics};
    absl::StatusOr<DomainHandle> domain =
        DomainHandle::inspect(composable_plugin_entry_v1(nullptr, nullptr));
    ASSERT_TRUE(domain.ok() && domain->create(nullptr, "{}").ok());
    Store probe(std::move(*domain), environment, {});
    domain = DomainHandle::inspect(&domain_table<listening::Listener>());
    ASSERT_TRUE(domain.ok() && domain->create(nullptr, "{}").ok());
    Store listener(std::move(*domain), environment, {});
    ASSERT_TRUE(probe.replay().ok() && listener.replay().ok());
    const std::uint32_t publish = probe.domain()->find_action("Publish")->number;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        const std::string_view json = R"({"topic":"listener.asked","text":"x"})";
        for (int n = 0; n < kEach; ++n) {
          probe.send({publish, COMPOSABLE_FORM_JSON, json.data(), json.size()}, {});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const auto handled = [&](const char* name) {
      return metrics.value(kTopicDeliveriesTotal, {name, "handled"});
    };
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while ((handled("probe") < kThreads * kEach || handled("listener") < 2 * kThreads * kEach) &&
           std::chrono::steady_clock::now() < limit) {
      std::this_thread::yield();
    }
    EXPECT_EQ(handled("probe"), std::uint64_t{kThreads * kEach});
    EXPECT_EQ(handled("listener"), std::uint64_t{2 * kThreads * kEach});
    EXPECT_EQ(probe.shutdown(20'000'000) + listener.shutdown(20'000'000), 0u);
  }
  EXPECT_EQ(events.stats().events, std::uint64_t{kThreads * kEach});
}

}  // namespace
}  // namespace composable::host
