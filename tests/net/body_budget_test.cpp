// The bytes of all bodies together, with real connections.
#include "net/body_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "net/test_server.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kBudget = 100'000;
constexpr std::size_t kBody = 60'000;  // fits once, not twice

std::string head(std::string_view route, std::size_t length, std::string_view more = "") {
  return "POST /api/v1/test" + std::string(route) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}
std::string post(std::string_view route, std::size_t length) {
  return head(route, length) + std::string(length, '1');
}
std::string chunked(std::string_view route, std::size_t chunks) {
  std::string text = "POST /api/v1/test" + std::string(route) +
                     " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t i = 0; i < chunks; ++i) text += "3e8\r\n" + std::string(1000, '1') + "\r\n";
  return text + "0\r\n\r\n";
}

class BodyBudgetTest : public TestServer {
 protected:
  BodyBudgetTest() {
    options_.limits.bodies_bytes = kBudget;
    add(Method::kPost, "/hold", [this](const composable_request&, RouteReply& reply) {
      held_replies_.push_back(&reply);
      holding_.add();
    });
  }

  // A body that a route has and does not answer yet.
  RawClient holder(const std::string& request = post("/hold", kBody)) {
    RawClient c = client();
    EXPECT_TRUE(c.send(request));
    EXPECT_TRUE(holding_.wait_for(++holders_));
    return c;
  }
  void answer_holders() {
    for (RouteReply* reply : std::exchange(held_replies_, {})) answer_with(*reply, "{}");
  }

  // Lets the loop work until it is so.
  bool comes_to_hold(std::size_t at_least, std::size_t at_most) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < until) {
      const std::size_t held = server_->bodies().held();
      if (held >= at_least && held <= at_most) return true;
      server_->loops()[0]->run_and_wait([] {});
    }
    return false;
  }

  std::vector<RouteReply*> held_replies_;
  Tally holding_;
  int holders_ = 0;
};

TEST_F(BodyBudgetTest, ABodyBeyondItIsTurnedAwayAndTheOthersAreServed) {
  RawClient first = holder();
  EXPECT_EQ(server_->bodies().held(), kBody);

  RawClient second = client();
  ASSERT_TRUE(second.send(post("/echo", kBody)));
  const std::string refused = second.response();
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_EQ(header_of(refused, "retry-after"), "1");
  EXPECT_EQ(header_of(refused, "connection"), "close");
  EXPECT_EQ(message_of(refused),
            "body: too many bytes, all requests together may hold 100000 bytes of bodies; try "
            "again soon");
  EXPECT_TRUE(second.is_closed());
  EXPECT_EQ(bodies_refused_.value(), 1u);

  EXPECT_EQ(status_of(ask(post("/echo", 30'000))), 200) << "there is room for that";
  EXPECT_EQ(status_of(ask(post("/echo", 16'000))), 200) << "not counted";
  answer_holders();
  EXPECT_EQ(status_of(first.response()), 200);
  EXPECT_EQ(status_of(ask(post("/echo", kBody))), 200);
  EXPECT_EQ(server_->bodies().held(), 0u);
}

TEST_F(BodyBudgetTest, AChunkedBodyIsCountedAsItComes) {
  RawClient first = holder(chunked("/hold", 60));
  EXPECT_EQ(server_->bodies().held(), 60'000u);
  RawClient second = client();
  second.send(chunked("/echo", 60));
  EXPECT_EQ(status_of(second.response()), 503);
  EXPECT_TRUE(second.is_closed());
  answer_holders();
  EXPECT_EQ(status_of(first.response()), 200);
  EXPECT_EQ(status_of(ask(chunked("/echo", 60))), 200);
  EXPECT_EQ(server_->bodies().held(), 0u);
}

TEST_F(BodyBudgetTest, WhatIsAnnouncedAndDoesNotFitIsRefusedAtItsHead) {
  RawClient first = holder();
  RawClient second = client();
  ASSERT_TRUE(second.send(head("/echo", kBody, "Expect: 100-continue\r\n")));
  EXPECT_EQ(status_of(second.response()), 503);
  EXPECT_TRUE(second.is_closed());
  answer_holders();
}

TEST_F(BodyBudgetTest, WhatIsAnnouncedAndNotSentTakesNothing) {
  RawClient idle = client();
  ASSERT_TRUE(idle.send(head("/echo", 90'000)));
  EXPECT_EQ(status_of(ask(post("/echo", 90'000))), 200);
}

TEST_F(BodyBudgetTest, ABodyThatAloneIsTooLargeIs413) {
  const std::string text = ask(head("/echo", kBudget + 1));
  EXPECT_EQ(status_of(text), 413);
  EXPECT_EQ(message_of(text), "body: more than the 100000 bytes accepted here");
}

TEST_F(BodyBudgetTest, ABodyThatEndsHalfwayGivesItBack) {
  client();  // starts the server
  for (const bool reset : {true, false}) {
    RawClient c = client();
    ASSERT_TRUE(c.send(post("/echo", kBody).substr(0, 50'000)));
    ASSERT_TRUE(comes_to_hold(40'000, 50'000));
    if (reset) {
      c.abort();
    } else {
      c.close();
    }
    EXPECT_TRUE(comes_to_hold(0, 0));
  }
}

TEST_F(BodyBudgetTest, ABodyThatComesTooSlowlyGivesItBack) {
  options_.limits.request_ms = 50;
  RawClient c = client();
  ASSERT_TRUE(c.send(post("/echo", kBody).substr(0, 50'000)));
  EXPECT_EQ(status_of(c.response()), 408);
  c.close();
  EXPECT_TRUE(comes_to_hold(0, 0));
}

TEST_F(BodyBudgetTest, ABodyThatIsRefusedGivesItBack) {
  RawClient c = client();
  // Read whole, since the connection stays, and then refused: no such path.
  ASSERT_TRUE(c.send(post("/nothing", kBody)));
  EXPECT_EQ(status_of(c.response()), 404);
  EXPECT_EQ(server_->bodies().held(), 0u);
  ASSERT_TRUE(c.send(chunked("/echo", 200)));
  EXPECT_EQ(status_of(c.response()), 413) << "beyond the budget";
  EXPECT_TRUE(comes_to_hold(0, 0));
}

TEST_F(BodyBudgetTest, AClientThatGoesWhileARouteHasItsBodyGivesItBackAfterTheAnswer) {
  {
    RawClient gone = holder();
    gone.abort();
  }
  EXPECT_EQ(server_->bodies().held(), kBody) << "the route still reads it";
  server_->loops()[0]->run_and_wait([this] { answer_holders(); });
  EXPECT_TRUE(comes_to_hold(0, 0));
}

TEST_F(BodyBudgetTest, ManyConnectionsNeverHoldMore) {
  start(2);
  std::atomic<int> served{0}, refused{0};
  for (int n = 0; n < 8; ++n) {
    threads_.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        RawClient c(server_->port());
        c.send(post("/echo", kBody));
        const int status = status_of(c.response());
        served += status == 200;
        refused += status == 503;
        EXPECT_LE(server_->bodies().held(), kBudget + 8 * kBody);
      }
    });
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  EXPECT_EQ(served + refused, 160);
  EXPECT_GT(served, 0);
  EXPECT_TRUE(comes_to_hold(0, 0));
}

}  // namespace
}  // namespace composable::host
