// A store that runs the probe (tests/fixture_plugins/probe.h), linked in, in a simulation.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/broadcast.hpp"
#include "bus/topics.hpp"
#include "observe/metrics.hpp"
#include "simulation.hpp"
#include "store/store.hpp"
#include "store/worker_pool.hpp"

extern "C" const composable_domain* composable_plugin_entry_v1(const composable_host*,
                                                               composable_error*);

namespace composable::host {

// Keeps what it was told.
struct RecordingWaiter final : Waiter {
  std::optional<Outcome::Kind> kind;
  Refusal refusal;
  std::string type;
  std::string data;
  std::uint64_t position = 0;
  int calls = 0;
  std::shared_ptr<const DomainHandle> domain;

  void ended(const Outcome& outcome) noexcept override {
    ++calls;
    kind = outcome.kind;
    position = outcome.position;
    if (outcome.refusal != nullptr) refusal = *outcome.refusal;
    if (outcome.action != nullptr) {
      type = domain->actions()[outcome.action->type].name;
      data.assign(static_cast<const char*>(outcome.action->data), outcome.action->size);
    }
  }
};

// Keeps every broadcast that would reach a loop.
struct RecordingListener final : BroadcastListener {
  std::vector<std::string> received;  // "Told {…}"
  std::vector<std::uint64_t> positions;

  void deliver(std::shared_ptr<const BroadcastBatch> batch) override {
    for (const Broadcast& b : batch->items()) {
      received.push_back(std::string(b.type_name) + " " + std::string(b.data));
      positions.push_back(b.position);
    }
  }
  bool listening() const override { return true; }
};

class StoreTest : public testing::Test {
 protected:
  explicit StoreTest(StoreOptions options = {}) : options_(options) {
    options_.subscriber_actions = 1024;
    bus_.add(&listener_);
    start();
  }
  ~StoreTest() override {
    store_.reset();
    loop_.run();
    bus_.remove(&listener_);
  }

  // A new incarnation on the same log.
  void start() {
    store_.reset();
    loop_.run();
    absl::StatusOr<DomainHandle> domain =
        DomainHandle::inspect(composable_plugin_entry_v1(nullptr, nullptr));
    ASSERT_TRUE(domain.ok()) << domain.status();
    ASSERT_TRUE(domain->create(nullptr, "{}").ok());
    store_ = std::make_unique<Store>(std::move(*domain), environment(), options_);
    absl::StatusOr<ReplayReport> report = store_->replay();
    ASSERT_TRUE(report.ok()) << report.status();
    replayed_ = *report;
    loop_.run();
  }

  // Runs until the store has got over a fault.
  void recover() {
    loop_.run();
    EXPECT_TRUE(loop_.run_until([&] { return !store_->health().recovering; }));
    loop_.run();
  }
  // What another host does, or a fault.
  void append_behind_the_store(std::string stream, std::string type, std::string data) {
    struct Nobody final : AppendListener {
      void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {}
    } nobody;
    auto request = std::make_unique<AppendRequest>();
    request->domain = "probe";
    StreamAppend append;
    append.stream = std::move(stream);
    append.expected = Expected::kAny;
    append.events.push_back(
        {Uuid::v7(clock_.unix_micros(), rng_), std::move(type), std::move(data)});
    request->streams.push_back(std::move(append));
    events_.log().append(std::move(request), nobody);
  }
  std::uint64_t digest() {
    const auto out = std::make_shared<std::uint64_t>(0);
    store_->read([out](const DomainHandle& d) {
      // probe.h: noted, position, digest
      *out = reinterpret_cast<const std::uint64_t*>(d.state())[2];
    });
    loop_.run();
    return *out;
  }

  StoreEnvironment environment() {
    return {&events_, &bus_, &loop_, &clock_, &rng_, &workers_, &metrics_, &topics_};
  }

  // An empty log, and a store on it.
  void fresh_log() {
    store_.reset();
    loop_.run();
    events_.forget_everything(clock_);
    start();
  }

  void send(std::string_view type, std::string_view json, Waiter* waiter = nullptr,
            Caller caller = {}) {
    const ActionType* found = store_->domain()->find_action(type);
    ASSERT_NE(found, nullptr) << type;
    store_->send({found->number, COMPOSABLE_FORM_JSON, json.data(), json.size()}, caller, waiter);
  }
  RecordingWaiter& waiter() {
    waiters_.push_back(std::make_unique<RecordingWaiter>());
    waiters_.back()->domain = store_->domain();
    return *waiters_.back();
  }
  // Sends, runs the loop until the cause has ended, and returns how.
  RecordingWaiter& ask(std::string_view type, std::string_view json) {
    RecordingWaiter& w = waiter();
    send(type, json, &w);
    EXPECT_TRUE(loop_.run_until([&] { return w.calls != 0; })) << type << " did not end";
    return w;
  }
  // The texts of a stream's Noted events.
  std::vector<std::string> texts(std::string_view stream) {
    std::vector<std::string> out;
    auto page = events_.read_stream("probe", stream, 1, Direction::kForward, 1000);
    if (!page.ok()) return out;
    for (const StoredEvent& e : page->events) {
      const std::size_t at = e.data.find(':');
      out.push_back(e.data.substr(at + 2, e.data.size() - at - 4));
    }
    return out;
  }
  std::vector<std::string> observed(ActionSubscriber& subscriber) {
    std::vector<std::string> out;
    ObservedAction action;
    std::uint64_t missed = 0;
    while (subscriber.receive(action, missed, absl::ZeroDuration()) ==
           ActionSubscriber::Result::kAction) {
      out.push_back(action.type);
    }
    return out;
  }

  StoreOptions options_;
  SimulatedClock clock_;
  SeededRng rng_;
  SimulatedLoop loop_{clock_};
  GatedEventStore events_{clock_};
  BroadcastBus bus_;
  RecordingListener listener_;
  WorkerPool workers_{2, 64};
  MetricsRegistry metrics_;
  TopicTable topics_;
  std::unique_ptr<Store> store_;
  ReplayReport replayed_;
  std::vector<std::unique_ptr<RecordingWaiter>> waiters_;
};

}  // namespace composable::host
