// A server in this process with routes that a test gives it, in place of stores.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "domain/domain_tables.hpp"
#include "net/raw_client.hpp"
#include "net/server.hpp"

namespace composable::host {

class TestHealth final : public HealthSource {
 public:
  Readiness readiness() override { return now.load(); }
  HealthReport report() override { return {}; }
  std::atomic<Readiness> now{Readiness::kReady};
};

class TestLog final : public FailureLog {
 public:
  void failed(const FailedRequest& request) noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::to_string(request.status) + " " + std::string(request.method) + " " +
                     std::string(request.path) + ": " + std::string(request.detail));
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Counts up; a test waits for it instead of for time.
class Tally {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++n_;
    changed_.notify_all();
  }
  int value() {
    const std::lock_guard lock(mutex_);
    return n_;
  }
  bool wait_for(int n, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return n_ >= n; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int n_ = 0;
};

using Answer = std::function<void(const composable_request&, RouteReply&)>;

class TestHandler final : public RouteHandler {
 public:
  void call(const RouteTarget& target, const composable_request& request, const Caller&,
            RouteReply& reply) override {
    calls.add();
    answers.at(target.number)(request, reply);
  }

  std::vector<Answer> answers;
  Tally calls;
};

inline void answer_with(RouteReply& reply, std::string_view body, std::uint32_t status = 200) {
  composable_response& response = reply.response();
  response.status(&response, status);
  response.body(&response, body.data(), body.size());
  reply.finish();
}

class TestServer : public testing::Test {
 protected:
  // Under /api/v1/test: GET /hello, POST /echo, and what a test adds before start().
  TestServer() {
    options_.limits.tick_ms = 10;
    add(Method::kGet, "/hello",
        [](auto&, RouteReply& reply) { answer_with(reply, R"({"hello":1})"); });
    add(Method::kPost, "/echo", [](const composable_request& request, RouteReply& reply) {
      answer_with(reply, {reinterpret_cast<const char*>(request.body.ptr), request.body.len});
    });
  }
  ~TestServer() override {
    for (std::thread& thread : threads_) thread.join();
    if (server_) server_->stop();
  }

  void add(Method method, std::string pattern, Answer answer, std::uint32_t max_body = 0) {
    RouteType route;
    route.number = static_cast<std::uint32_t>(handler_.answers.size());
    route.method = static_cast<std::uint32_t>(method);
    route.kind = method == Method::kGet ? COMPOSABLE_ROUTE_READ : COMPOSABLE_ROUTE_COMMAND;
    route.pattern = std::move(pattern);
    route.max_body = max_body;
    EXPECT_TRUE(routes_.add("test", route, "Do", nullptr).ok());
    handler_.answers.push_back(std::move(answer));
  }

  void start(std::uint32_t loops = 1) {
    ServerParts parts;
    parts.handler = &handler_;
    parts.health = &health_;
    parts.clock = &clock_;
    parts.rng = &rng_;
    parts.log = &log_;
    parts.websockets = websockets_;
    parts.out_of_descriptors = [this] { shortages_.add(); };
    parts.bodies_refused = &bodies_refused_;
    server_ = std::make_unique<Server>(std::move(parts), options_, loops);
    server_->start();
    server_->set_routes(std::move(routes_).build());
    const absl::Status status = server_->listen({{"127.0.0.1", 0}});
    ASSERT_TRUE(status.ok()) << status;
  }

  RawClient client() {
    if (!server_) start();
    return RawClient(server_->port());
  }
  std::string ask(std::string_view request, bool head_only = false) {
    RawClient c = client();
    c.send(request);
    return c.response(head_only);
  }

  HttpOptions options_;
  SystemClock clock_;
  SystemRng rng_;
  TestHealth health_;
  TestLog log_;
  TestHandler handler_;
  Tally shortages_;
  Counter bodies_refused_;
  RouteTable::Builder routes_;
  std::function<std::unique_ptr<WebsocketAcceptor>(Loop&)> websockets_;
  std::unique_ptr<Server> server_;
  std::vector<std::thread> threads_;  // of a test's own; joined before the server stops
};

}  // namespace composable::host
