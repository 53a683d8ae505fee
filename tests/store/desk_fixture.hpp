// A store that runs the desk (desk.hpp) in a simulation, called as HTTP routes call it.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bus/topics.hpp"
#include "desk.hpp"
#include "generations.hpp"
#include "observe/metrics.hpp"
#include "simulation.hpp"
#include "store/store.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

// One request and all that became of it. A socket's command is the same without a body.
struct Asked final : RouteReply, Waiter {
  desk::Command command;  // name "": a read
  std::string body;
  std::uint32_t status = 200;
  std::optional<Refusal> refusal;
  int calls = 0;
  // Told once it has ended.
  std::function<void(Asked&)> on_end;

  Asked() {
    request_.struct_size = sizeof request_;
    const auto none = [](const composable_request*, composable_str) { return composable_str{}; };
    request_.param = request_.query = request_.header = none;
    response_.struct_size = sizeof response_;
    response_.impl = this;
    response_.status = [](composable_response* self, std::uint32_t told) {
      static_cast<Asked*>(self->impl)->status = told;
      return COMPOSABLE_OK;
    };
    response_.header = [](composable_response*, composable_str, composable_str) {
      return COMPOSABLE_OK;
    };
    response_.body = [](composable_response* self, const void* data, std::size_t size) {
      static_cast<Asked*>(self->impl)->body.append(static_cast<const char*>(data), size);
      return COMPOSABLE_OK;
    };
  }
  const composable_request& request(std::string json) {
    json_ = std::move(json);
    request_.body = {reinterpret_cast<const std::uint8_t*>(json_.data()), json_.size()};
    return request_;
  }
  bool well() const { return calls == 1 && !refusal; }
  int code() const { return refusal ? refusal->status : calls == 0 ? 0 : static_cast<int>(status); }

  composable_response& response() noexcept override {
    body.clear();
    status = 200;
    return response_;
  }
  void finish() noexcept override { end(); }
  void refuse(const Refusal& why) noexcept override {
    refusal = why;
    end();
  }
  void ended(const Outcome& outcome) noexcept override {
    if (outcome.kind == Outcome::Kind::kRefused) refusal = *outcome.refusal;
    end();
  }

 private:
  void end() noexcept {
    ++calls;
    if (on_end) on_end(*this);
  }

  std::string json_;
  composable_request request_{};
  composable_response response_{};
};

// Stops the thread that replays at one place, until it is let go.
struct StoppedReplay {
  explicit StoppedReplay(GatedEventStore& events, std::uint64_t at) {
    events.on_replay = [this, at](std::uint64_t position) {
      if (position == 0) ++begun;
      if (position != at || over) return;
      over = true;
      stopped.set_value();
      go.get_future().wait();
    };
  }
  std::promise<void> stopped, go;
  bool over = false;
  std::atomic<int> begun{0};
};

class DeskTest : public testing::Test {
 protected:
  DeskTest() { start(); }
  ~DeskTest() override {
    desk::Witness::now = nullptr;
    events_.open();
    store_.reset();
    loop_.run();
  }

  StoreEnvironment environment() {
    return {&events_, &bus_, &loop_, &clock_, &rng_, &workers_, &metrics_, &topics_};
  }
  // A new incarnation on the same log.
  void start() {
    store_.reset();
    loop_.run();
    store_ = std::make_unique<Store>(generation<desk::Desk<1>>(), environment(), options_);
    ASSERT_TRUE(store_->replay().ok());
    loop_.run();
  }
  // What was not durable is gone, and so is every wait for it.
  void crash(const std::function<void()>& meanwhile = [] {}) {
    events_.shut();
    store_.reset();
    loop_.run();
    while (events_.held() != 0) events_.lose_one();
    events_.open();
    meanwhile();
    start();
  }
  // Lets time pass until it is so.
  bool pass_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (loop_.run(); !done(); loop_.advance(20'000)) {
      if (std::chrono::steady_clock::now() > limit) return false;
      loop_.wait_for_others(std::chrono::microseconds(100));
    }
    return true;
  }
  // Until the store has got over a fault.
  void recover() {
    ASSERT_TRUE(pass_until([&] { return !store_->health().recovering; }))
        << store_->health().reason;
    loop_.run();
  }

  // Until everybody was answered, too.
  void end_all() {
    ASSERT_TRUE(pass_until([&] {
      return !store_->health().recovering &&
             std::all_of(asked_.begin(), asked_.end(), [](const auto& a) { return a->calls != 0; });
    })) << store_->health().reason;
    loop_.run();
  }

  static std::string json_of(const desk::Command& w) {
    const std::string first = std::to_string(w.first), second = std::to_string(w.second);
    std::string json = "{\"id\":" + std::to_string(w.id);
    if (w.name == "Return") json += ",\"token\":" + first;
    if (w.name == "Stamp") json += ",\"sheet\":" + first + ",\"expected\":" + second;
    if (w.name == "Walk") json += ",\"steps\":" + first;
    if (w.name == "Hold") json += ",\"key\":" + first + ",\"ms\":" + second;
    if (w.name == "Drop" || w.name == "Forget") json += ",\"key\":" + first;
    if (w.name == "Spoil") json += ",\"good\":" + first;
    return json + "}";
  }
  Asked& new_asked(desk::Command command) {
    asked_.push_back(std::make_unique<Asked>());
    asked_.back()->command = std::move(command);
    return *asked_.back();
  }
  // As a request, whose answer is rendered.
  Asked& post(desk::Command command) { return post(new_asked(std::move(command))); }
  Asked& post(Asked& asked) {
    const std::shared_ptr<const DomainHandle> domain = store_->domain();
    const std::uint32_t command = domain->find_action(asked.command.name)->number;
    for (const RouteType& route : domain->routes()) {
      if (route.kind != COMPOSABLE_ROUTE_COMMAND || route.command != command) continue;
      store_->call(route.number, asked.request(json_of(asked.command)), Caller{}, asked);
      return asked;
    }
    ADD_FAILURE() << asked.command.name << " has no route";
    return asked;
  }
  Asked& get() { return get(new_asked({})); }
  Asked& get(Asked& asked) {
    const std::shared_ptr<const DomainHandle> domain = store_->domain();
    for (const RouteType& route : domain->routes()) {
      if (route.kind != COMPOSABLE_ROUTE_READ) continue;
      store_->call(route.number, asked.request(""), Caller{}, asked);
      break;
    }
    return asked;
  }
  // As a command of a socket.
  Asked& send(desk::Command command) { return send(new_asked(std::move(command))); }
  Asked& send(Asked& asked) {
    const std::string json = json_of(asked.command);
    store_->send({store_->domain()->find_action(asked.command.name)->number, COMPOSABLE_FORM_JSON,
                  json.data(), json.size()},
                 Caller{}, &asked);
    return asked;
  }

  std::vector<std::string> ledger() {
    std::vector<std::string> out;
    bool read = false;
    store_->read([&](const DomainHandle& domain) {
      out = reinterpret_cast<const desk::State*>(domain.state())->ledger;
      read = true;
    });
    EXPECT_TRUE(loop_.run_until([&] { return read; }));
    return out;
  }
  // The same as the log has it.
  std::vector<std::string> stored() {
    std::vector<std::string> out;
    for (std::uint64_t from = 1;;) {
      auto page = events_.read_all(from, Direction::kForward, 1000, {});
      EXPECT_TRUE(page.ok());
      for (const StoredEvent& e : page->events) {
        const std::size_t at = e.data.find("\"id\":") + 5;
        out.push_back(e.type + " " + e.stream + "@" + std::to_string(e.version) + " " +
                      e.data.substr(at, e.data.find_first_of(",}", at) - at));
      }
      if (!page->more) return out;
      from = page->next;
    }
  }
  std::vector<std::string> rows() {
    std::vector<std::string> out;
    const auto timers = events_.load_timers("desk");
    EXPECT_TRUE(timers.ok());
    for (const StoredTimer& timer : *timers) out.push_back(timer.key + " " + timer.data);
    return out;
  }

  StoreOptions options_;
  SimulatedClock clock_;
  SeededRng rng_;
  SimulatedLoop loop_{clock_};
  GatedEventStore events_{clock_};
  BroadcastBus bus_;
  MetricsRegistry metrics_;
  TopicTable topics_;
  WorkerPool workers_{1, 16};
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<Asked>> asked_;
};

}  // namespace composable::host
