// A store in a simulation whose generations change, each a domain of the test's own.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "bus/topics.hpp"
#include "composable/plugin.hpp"
#include "observe/metrics.hpp"
#include "simulation.hpp"
#include "store/store.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

template <class D>
DomainHandle generation(std::string_view build = {}) {
  absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&composable::domain_table<D>());
  EXPECT_TRUE(handle.ok()) << handle.status();
  EXPECT_TRUE(handle->create(nullptr, "{}").ok());
  handle->set_build(build);
  return std::move(*handle);
}

template <class First>
class GenerationsTest : public testing::Test {
 protected:
  GenerationsTest() : store_(generation<First>(), environment(), StoreOptions{}) {
    EXPECT_TRUE(store_.replay().ok());
    loop_.run();
  }
  ~GenerationsTest() override { loop_.run(); }

  StoreEnvironment environment() {
    return {&events_, &bus_, &loop_, &clock_, &rng_, &workers_, &metrics_, &topics_};
  }
  template <class D>
  absl::StatusOr<SwapReport> replace() {
    auto report = store_.replace(std::make_shared<DomainHandle>(generation<D>()));
    loop_.run();
    return report;
  }
  std::uint32_t number(std::string_view action) {
    return store_.domain()->find_action(action)->number;
  }
  void send(std::uint32_t type, std::string_view json = "{}", Waiter* waiter = nullptr) {
    store_.send({type, COMPOSABLE_FORM_JSON, json.data(), json.size()}, Caller{}, waiter);
    loop_.run();
  }
  // The state's first member is its total.
  std::int64_t total() {
    std::int64_t total = -1;
    store_.read([&](const DomainHandle& domain) {
      total = *reinterpret_cast<const std::int64_t*>(domain.state());
    });
    loop_.run();
    return total;
  }

  // A and B take turns while another thread sends; every send is counted once.
  template <class A, class B>
  void change_places_while_others_send() {
    constexpr int kSends = 2000, kSwaps = 40;
    struct Counting final : Waiter {
      std::atomic<int> settled{0};
      void ended(const Outcome& outcome) noexcept override {
        EXPECT_EQ(outcome.kind, Outcome::Kind::kSettled);
        settled.fetch_add(1);
      }
    } counting;
    const std::uint32_t add = number("Add");
    std::atomic<bool> over{false};
    bool settled = false;
    std::thread loop([&] {
      settled = loop_.run_until([&] { return over.load() && counting.settled == kSends; });
    });
    std::thread sender([&] {
      constexpr std::string_view kOne = R"({"by":1})";
      for (int n = 0; n < kSends; ++n) {
        store_.send({add, COMPOSABLE_FORM_JSON, kOne.data(), kOne.size()}, Caller{}, &counting);
      }
    });
    for (int n = 0; n < kSwaps; ++n) {
      auto next = n % 2 == 0 ? generation<A>() : generation<B>();
      const auto report = store_.replace(std::make_shared<DomainHandle>(std::move(next)));
      EXPECT_TRUE(report.ok()) << report.status();
    }
    sender.join();
    over = true;
    loop_.post([] {});
    loop.join();
    EXPECT_TRUE(settled) << counting.settled << " of " << kSends << " ended";
    EXPECT_EQ(total(), kSends);
  }

  SimulatedClock clock_;
  SeededRng rng_;
  SimulatedLoop loop_{clock_};
  GatedEventStore events_{clock_};
  BroadcastBus bus_;
  MetricsRegistry metrics_;
  TopicTable topics_;
  WorkerPool workers_{1, 16};
  Store store_;
};

}  // namespace composable::host
