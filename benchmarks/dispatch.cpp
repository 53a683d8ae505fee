// The store's own cost: one command from send to the end of its cause, in process, and what
// subscribers add. The counter (examples/counter) is linked in. The baseline is the same decide and
// evolve called through the plugin's table with nothing around them.
#include <benchmark/benchmark.h>

#include <memory>
#include <thread>
#include <vector>

#include "bus/action_ring.hpp"
#include "events/memory/event_store.hpp"
#include "store/store.hpp"

extern "C" const composable_domain* composable_plugin_entry_v1(const composable_host*,
                                                               composable_error*);

namespace composable::host {
namespace {

// Nothing here waits for time or hands over, but a drain may: then it runs at once.
struct InlineScheduler final : Scheduler {
  void post(Task task) override { tasks.push_back(std::move(task)); }
  TimerId after(std::int64_t, Task) override { return 1; }
  void cancel(TimerId) override {}
  void run() {
    while (!tasks.empty()) {
      Task task = std::move(tasks.back());
      tasks.pop_back();
      task();
    }
  }
  std::vector<Task> tasks;
};

DomainHandle make_counter() {
  static const composable_host host{.struct_size = sizeof(composable_host),
                                    .abi_major = COMPOSABLE_ABI_MAJOR,
                                    .abi_minor = COMPOSABLE_ABI_MINOR};
  composable_error error;
  error.struct_size = sizeof error;
  absl::StatusOr<DomainHandle> domain =
      DomainHandle::inspect(composable_plugin_entry_v1(&host, &error));
  if (!domain.ok() || !domain->create(&host, "{}").ok()) std::abort();
  return std::move(*domain);
}

// The native form of Increment: one integer (examples/counter/counter.cpp).
constexpr std::int64_t kBy = 1;

struct Evolving {
  DomainHandle* domain;
  composable_action staged{};
  composable_effects sink{};
  composable_context context{};

  explicit Evolving(DomainHandle& d) : domain(&d) {
    context.struct_size = sizeof context;
    sink.struct_size = sizeof sink;
    sink.impl = this;
    sink.apply = [](composable_effects* s, const composable_action* a) -> composable_status {
      static_cast<Evolving*>(s->impl)->staged = *a;
      return COMPOSABLE_OK;
    };
    sink.commit = [](composable_effects* s) -> composable_status {
      auto& self = *static_cast<Evolving*>(s->impl);
      composable_error error;
      return self.domain->table().evolve(self.domain->state(), &self.staged, &self.context, &error);
    };
  }
};

void BM_DecideAndEvolveThroughTheTable(benchmark::State& state) {
  DomainHandle counter = make_counter();
  Evolving evolving(counter);
  const composable_action increment{counter.find_action("Increment")->number,
                                    COMPOSABLE_FORM_NATIVE, &kBy, sizeof kBy};
  composable_error error;
  error.struct_size = sizeof error;
  for (auto _ : state) {
    benchmark::DoNotOptimize(counter.table().decide(counter.state(), &increment, &evolving.context,
                                                    &evolving.sink, &error));
  }
}
BENCHMARK(BM_DecideAndEvolveThroughTheTable);

struct Bench {
  SystemClock clock;
  SystemRng rng;
  InlineScheduler scheduler;
  MemoryEventStore events{clock};
  BroadcastBus bus;
  std::unique_ptr<Store> store;

  explicit Bench(DomainHandle domain) {
    StoreOptions options;
    options.subscriber_actions = 1024;
    store = std::make_unique<Store>(
        std::move(domain), StoreEnvironment{&events, &bus, &scheduler, &clock, &rng, nullptr},
        options);
    if (!store->replay().ok()) std::abort();
    scheduler.run();
  }
};

// Send to settled; `subscribers` in-process observers, which read when the ring is half full.
void BM_Dispatch(benchmark::State& state) {
  Bench bench(make_counter());
  std::vector<std::shared_ptr<ActionSubscriber>> subscribers;
  for (int n = 0; n < state.range(0); ++n) subscribers.push_back(bench.store->subscribe_actions());
  const composable_action increment{bench.store->domain()->find_action("Increment")->number,
                                    COMPOSABLE_FORM_NATIVE, &kBy, sizeof kBy};
  for (auto _ : state) bench.store->send(increment, Caller{});
  state.counters["subscribers"] = static_cast<double>(state.range(0));
}
BENCHMARK(BM_Dispatch)->Arg(0)->Arg(1)->Arg(4)->Arg(64);

// The same with the time of a session that has just read the clock, as every request has.
void BM_DispatchOfARequest(benchmark::State& state) {
  Bench bench(make_counter());
  std::vector<std::shared_ptr<ActionSubscriber>> subscribers;
  for (int n = 0; n < state.range(0); ++n) subscribers.push_back(bench.store->subscribe_actions());
  const composable_action increment{bench.store->domain()->find_action("Increment")->number,
                                    COMPOSABLE_FORM_NATIVE, &kBy, sizeof kBy};
  Caller caller;
  caller.now_us = bench.clock.unix_micros();
  for (auto _ : state) bench.store->send(increment, caller);
}
BENCHMARK(BM_DispatchOfARequest)->Arg(0)->Arg(4);

// What a published action costs its readers.
void BM_ReceiveByFourSubscribers(benchmark::State& state) {
  auto ring = std::make_shared<ActionRing>(1024);
  std::vector<std::shared_ptr<ActionSubscriber>> subscribers;
  for (int n = 0; n < 4; ++n) subscribers.push_back(ActionRing::subscribe(ring));
  ObservedAction action;
  std::uint64_t missed = 0;
  std::string data;
  const std::uint32_t incremented = ring->number_of("Incremented");
  for (auto _ : state) {
    data = R"({"by":1})";
    ring->publish(COMPOSABLE_CLASS_EVENT, incremented, data, 0, 1, Uuid{});
    for (auto& subscriber : subscribers) {
      benchmark::DoNotOptimize(subscriber->receive(action, missed, absl::ZeroDuration()));
    }
  }
}
BENCHMARK(BM_ReceiveByFourSubscribers);

// A store that other threads also keep busy cannot be measured here; that the section is free is
// the common case of one loop.
void BM_MailboxEnterAndLeave(benchmark::State& state) {
  Bench bench(make_counter());
  for (auto _ : state) {
    bench.store->read([](const DomainHandle& d) { benchmark::DoNotOptimize(d.state()); });
  }
}
BENCHMARK(BM_MailboxEnterAndLeave);

void BM_ClockRead(benchmark::State& state) {
  SystemClock clock;
  for (auto _ : state) benchmark::DoNotOptimize(clock.unix_micros());
}
BENCHMARK(BM_ClockRead);

}  // namespace
}  // namespace composable::host

BENCHMARK_MAIN();
