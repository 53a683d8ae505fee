#include "net/server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <latch>

#include "net/test_server.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kHello = "GET /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kReady = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n";

using ServerTest = TestServer;

TEST_F(ServerTest, ServesOnEveryLoop) {
  start(4);
  for (int i = 0; i < 64; ++i) ASSERT_EQ(status_of(ask(kHello)), 200);
}

TEST_F(ServerTest, ServesIpv6OnTheSamePort) {
  start();
  Server second({&handler_, &health_, &clock_, &rng_, nullptr, nullptr, nullptr}, options_, 1);
  second.start();
  const absl::Status status = second.listen({{"127.0.0.1", 0}, {"::1", 0}});
  if (status.ok()) {
    EXPECT_NE(second.port(), server_->port());
    RawClient c(second.port());
    c.send(kReady);
    EXPECT_EQ(status_of(c.response()), 200);
  }
  second.stop();
}

TEST_F(ServerTest, RefusesAPortThatAnotherHostServes) {
  start();
  Server second({&handler_, &health_, &clock_, &rng_, nullptr, nullptr, nullptr}, options_, 1);
  second.start();
  const absl::Status status = second.listen({{"127.0.0.1", server_->port()}});
  EXPECT_EQ(status.message(), "127.0.0.1:" + std::to_string(server_->port()) +
                                  ": the port is in use by another process; stop it or choose "
                                  "another port");
  second.stop();
}

TEST_F(ServerTest, ServesTheRoutesOfTheMoment) {
  start(2);
  server_->set_routes(RouteTable::Builder().build());
  EXPECT_EQ(status_of(ask(kHello)), 404);
}

TEST_F(ServerTest, LivesBeforeItIsReady) {
  health_.now = Readiness::kStarting;
  EXPECT_EQ(status_of(ask("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")), 200);
  const std::string text = ask(kReady);
  EXPECT_EQ(status_of(text), 503);
  EXPECT_EQ(header_of(text, "retry-after"), "1");
  health_.now = Readiness::kReady;
  EXPECT_EQ(status_of(ask(kReady)), 200);
}

TEST_F(ServerTest, DrainAnswersWhatIsInFlightAndClosesTheRest) {
  std::latch go(1);
  add(Method::kGet, "/later", [&](auto&, RouteReply& reply) {
    threads_.emplace_back([&] {
      go.wait();
      answer_with(reply, "{}");
    });
  });
  RawClient idle = client(), busy = client();
  ASSERT_TRUE(idle.send(kHello));
  ASSERT_EQ(status_of(idle.response()), 200);
  ASSERT_TRUE(busy.send("GET /api/v1/test/later HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  ASSERT_TRUE(handler_.calls.wait_for(2));
  std::size_t left = 99;
  std::thread drain([&] { left = server_->drain(0, 10'000); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(server_->draining());
  go.count_down();
  const std::string text = busy.until_closed();
  EXPECT_EQ(body_of(text), "{}");
  EXPECT_EQ(header_of(text, "connection"), "close");
  drain.join();
  EXPECT_EQ(left, 0u);
  EXPECT_FALSE(RawClient(server_->port()).connected());
}

TEST_F(ServerTest, DrainIsNotReadyButServesOn) {
  RawClient c = client();
  ASSERT_TRUE(c.send(kReady));
  ASSERT_EQ(status_of(c.response()), 200);
  std::thread drain([&] { server_->drain(300, 10'000); });
  while (!server_->draining()) std::this_thread::yield();
  EXPECT_EQ(status_of(ask(kReady)), 503);
  const std::string text = ask(kHello);
  EXPECT_EQ(status_of(text), 200);
  EXPECT_EQ(header_of(text, "connection"), "close");
  drain.join();
}

// One byte would otherwise hold a shutdown for as long as a request may take.
TEST_F(ServerTest, DrainDoesNotWaitForARequestThatDoesNotArrive) {
  options_.limits.linger_ms = 50;
  RawClient silent = client();
  ASSERT_TRUE(silent.send(std::string(kHello) + "GET"));
  ASSERT_EQ(status_of(silent.response()), 200);  // with it the three bytes were read
  EXPECT_EQ(server_->drain(0, 10'000), 0u);
}

TEST_F(ServerTest, DrainTellsHowManyAreLeft) {
  std::latch go(1);
  add(Method::kGet, "/later", [&](auto&, RouteReply& reply) {
    threads_.emplace_back([&] {
      go.wait();
      answer_with(reply, "{}");
    });
  });
  RawClient c = client();
  ASSERT_TRUE(c.send("GET /api/v1/test/later HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  ASSERT_TRUE(handler_.calls.wait_for(1));
  EXPECT_EQ(server_->drain(0, 1), 1u);
  go.count_down();
  EXPECT_EQ(status_of(c.response()), 200);
}

// Runs out of descriptors in earnest: the process's limit is lowered to what it has.
TEST_F(ServerTest, TurnsConnectionsAwayWithoutDescriptors) {
  start();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  ::close(next);
  const rlimit lowered{static_cast<rlim_t>(next + 1), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  RawClient refused(server_->port());  // takes the last descriptor
  EXPECT_TRUE(shortages_.wait_for(1));
  EXPECT_TRUE(refused.is_closed());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(status_of(ask(kHello)), 200);
}

}  // namespace
}  // namespace composable::host
