#include <gtest/gtest.h>

#include <latch>

#include "net/test_server.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kHello = "GET /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

using HttpSessionTest = TestServer;

TEST_F(HttpSessionTest, AnswersAGet) {
  const std::string text =
      ask("GET /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\n"
          "X-Correlation-ID: 0190A0B0-1111-7222-8333-444455556666\r\n\r\n");
  const std::string date = header_of(text, "date");
  EXPECT_EQ(date.size(), kHttpDateLength);
  EXPECT_EQ(text, "HTTP/1.1 200 OK\r\nDate: " + date +
                      "\r\nX-Correlation-ID: 0190a0b0-1111-7222-8333-444455556666\r\n"
                      "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"hello\":1}");
}

TEST_F(HttpSessionTest, KeepsTheConnection) {
  RawClient c = client();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(c.send(kHello));
    EXPECT_EQ(body_of(c.response()), R"({"hello":1})");
  }
}

TEST_F(HttpSessionTest, AnswersPipelinedRequestsInTheirOrder) {
  RawClient c = client();
  std::string requests;
  for (int i = 0; i < 300; ++i) {
    requests += post("/api/v1/test/echo", "{\"n\":" + std::to_string(i) + "}");
  }
  ASSERT_TRUE(c.send(requests));
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(body_of(c.response()), "{\"n\":" + std::to_string(i) + "}");
  }
}

// The body is larger than the buffer, so the buffer moves after the route was chosen.
TEST_F(HttpSessionTest, KeepsThePathWhileALargeBodyArrives) {
  add(Method::kPost, "/of/:id", [](const composable_request& request, RouteReply& reply) {
    const composable_str id = request.param(&request, {"id", 2});
    answer_with(
        reply, std::string(id.ptr, id.len) + " " + std::string(request.path.ptr, request.path.len));
  });
  Tally started;
  add(Method::kPost, "/begin", [&](const composable_request&, RouteReply& reply) {
    started.add();
    answer_with(reply, "{}");
  });
  RawClient c = client();
  const std::string large =
      post("/api/v1/test/of/a-name-longer-than-a-small-string", std::string(300'000, ' '));
  // The head comes with the request before it, so it was looked at before the rest is sent.
  ASSERT_TRUE(c.send(post("/api/v1/test/begin", "{}") + large.substr(0, 1000)));
  ASSERT_TRUE(started.wait_for(1));
  EXPECT_EQ(body_of(c.response()), "{}");
  ASSERT_TRUE(c.send(large.substr(1000)));
  EXPECT_EQ(body_of(c.response()),
            "a-name-longer-than-a-small-string /api/v1/test/of/a-name-longer-than-a-small-string");
}

TEST_F(HttpSessionTest, TakesALargeBody) {
  const std::string body = "\"" + std::string(1000 * 1000, 'x') + "\"";
  RawClient c = client();
  ASSERT_TRUE(c.send(post("/api/v1/test/echo", body)));
  EXPECT_EQ(body_of(c.response()), body);
  std::string chunked =
      "POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1000; ++i) chunked += "3e8\r\n" + std::string(1000, 'y') + "\r\n";
  ASSERT_TRUE(c.send(chunked + "0\r\n\r\n"));
  EXPECT_EQ(body_of(c.response()), std::string(1000 * 1000, 'y'));
  ASSERT_TRUE(c.send(kHello));
  EXPECT_EQ(status_of(c.response()), 200);
}

TEST_F(HttpSessionTest, SaysContinueBeforeTheBody) {
  RawClient c = client();
  const std::string request = post("/api/v1/test/echo", "{}", "Expect: 100-continue\r\n");
  ASSERT_TRUE(c.send(request.substr(0, request.size() - 2)));
  EXPECT_EQ(c.response(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(c.send("{}"));
  EXPECT_EQ(body_of(c.response()), "{}");
}

TEST_F(HttpSessionTest, RefusesInsteadOfSayingContinue) {
  RawClient c = client();
  ASSERT_TRUE(
      c.send("POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
             "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n"));
  const std::string text = c.response();
  EXPECT_EQ(status_of(text), 415);
  EXPECT_EQ(header_of(text, "connection"), "close");
  EXPECT_TRUE(c.is_closed());
}

TEST_F(HttpSessionTest, ReadsABodyItRefusesAndGoesOn) {
  RawClient c = client();
  ASSERT_TRUE(c.send("POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" +
                     std::string(kHello)));
  EXPECT_EQ(status_of(c.response()), 404);
  EXPECT_EQ(status_of(c.response()), 200);
}

TEST_F(HttpSessionTest, AnswersHeadWithoutABody) {
  RawClient c = client();
  ASSERT_TRUE(
      c.send("HEAD /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string(kHello)));
  const std::string text = c.response(true);
  EXPECT_EQ(header_of(text, "content-length"), "11");
  EXPECT_TRUE(c.response().starts_with("HTTP/1.1 200 OK\r\n")) << "no body came before it";
}

TEST_F(HttpSessionTest, SpeaksHttp10) {
  RawClient once = client();
  ASSERT_TRUE(once.send("GET /api/v1/test/hello HTTP/1.0\r\n\r\n"));
  const std::string text = once.until_closed();
  EXPECT_EQ(header_of(text, "connection"), "close");
  EXPECT_EQ(body_of(text), R"({"hello":1})");
  RawClient kept = client();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(kept.send("GET /api/v1/test/hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_EQ(header_of(kept.response(), "connection"), "keep-alive");
  }
}

TEST_F(HttpSessionTest, ClosesWhenAsked) {
  RawClient c = client();
  ASSERT_TRUE(
      c.send("GET /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" +
             std::string(kHello)));
  const std::string text = c.until_closed();
  EXPECT_EQ(header_of(text, "connection"), "close");
  EXPECT_EQ(body_of(text), R"({"hello":1})") << "what follows a close is not answered";
}

TEST_F(HttpSessionTest, AnswersWhoHasFinishedSending) {
  RawClient c = client();
  ASSERT_TRUE(c.send(kHello));
  c.finish_sending();
  EXPECT_EQ(body_of(c.until_closed()), R"({"hello":1})");
}

TEST_F(HttpSessionTest, ErrorsHaveOneShape) {
  const std::string id = "0190a0b0-1111-7222-8333-444455556666";
  const std::string text =
      ask("GET /nothing HTTP/1.1\r\nHost: localhost\r\nX-Correlation-ID: " + id + "\r\n\r\n");
  EXPECT_EQ(body_of(text), R"({"code":"NOT_FOUND","message":"/nothing: no such path",)"
                           R"("correlation_id":")" +
                               id + "\"}");
  EXPECT_EQ(header_of(text, "content-type"), "application/json");
  EXPECT_EQ(header_of(text, "x-correlation-id"), id);
}

TEST_F(HttpSessionTest, ClosesOnceTheFramingIsLost) {
  const std::pair<std::string, std::string> cases[] = {
      {"GET / HTTP/1.1\r\n\r\n",
       R"(400 {"code":"BAD_REQUEST","message":"Host: missing; HTTP/1.1 needs it")"},
      {"nonsense\r\n\r\n", R"(400 {"code":"BAD_REQUEST","message":"request line: invalid method")"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       R"(501 {"code":"NOT_IMPLEMENTED","message":"Transfer-Encoding: \"gzip, chunked\" is not )"
       R"(supported; send chunked or a Content-Length")"},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20000, 'x') + "\r\n\r\n",
       R"(431 {"code":"HEADERS_TOO_LARGE","message":"headers: more than the 16384 bytes accepted")"},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n",
       R"(414 {"code":"URI_TOO_LONG","message":"request target: more than the 8192 bytes accepted")"},
      {"POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n"
       "Content-Type: application/json\r\n\r\n",
       R"(413 {"code":"PAYLOAD_TOO_LARGE","message":"body: more than the 1048576 bytes accepted )"
       R"(here")"},
  };
  for (const auto& [request, outcome] : cases) {
    RawClient c = client();
    ASSERT_TRUE(c.send(request + std::string(kHello)));
    const std::string text = c.until_closed();
    EXPECT_EQ((std::to_string(status_of(text)) + " " + body_of(text)).substr(0, outcome.size()),
              outcome);
    EXPECT_EQ(header_of(text, "connection"), "close");
    EXPECT_EQ(header_of(text, "x-correlation-id").size(), 36u);
    EXPECT_EQ(text.find("hello"), text.npos);
  }
  EXPECT_EQ(handler_.calls.value(), 0);
}

TEST_F(HttpSessionTest, TheClientReadsWhyItsUploadWasRefused) {
  RawClient c = client();
  std::string request = post("/api/v1/test/echo", std::string(2000000, 'x'));
  c.send(request);  // may be cut short
  EXPECT_EQ(status_of(c.response()), 413);
}

TEST_F(HttpSessionTest, ARefusedClientMayFinishSending) {
  RawClient c = client();
  ASSERT_TRUE(
      c.send("POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\n"
             "Content-Type: application/json\r\nContent-Length: 2000000\r\n\r\n"));
  EXPECT_EQ(status_of(c.response()), 413);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(c.send(std::string(10'000, 'x'))) << i;
  c.finish_sending();
  EXPECT_TRUE(c.is_closed());
}

TEST_F(HttpSessionTest, ARouteHasItsOwnBodyLimit) {
  add(
      Method::kPost, "/small", [](auto&, RouteReply& reply) { answer_with(reply, "{}"); }, 10);
  EXPECT_EQ(message_of(ask(post("/api/v1/test/small", "\"345678901\""))),
            "body: more than the 10 bytes accepted here");
  EXPECT_EQ(status_of(ask(post("/api/v1/test/small", "\"34567890"))), 200);
}

TEST_F(HttpSessionTest, AnswersWhatDoesNotArriveInTimeWith408) {
  options_.limits.request_ms = 50;
  for (const std::string_view part : {kHello.substr(0, 30), kHello.substr(0, 1)}) {
    RawClient c = client();
    ASSERT_TRUE(c.send(part));
    const std::string text = c.until_closed();
    EXPECT_EQ(status_of(text), 408);
    EXPECT_EQ(message_of(text), "request: not complete after 50 ms");
    EXPECT_EQ(header_of(text, "connection"), "close");
  }
  RawClient body = client();
  const std::string request = post("/api/v1/test/echo", "{}");
  ASSERT_TRUE(body.send(request.substr(0, request.size() - 1)));
  EXPECT_EQ(status_of(body.until_closed()), 408);
}

// The head outgrows the buffer, so it moves after its headers were read, and before they are looked
// at once more for the 408.
TEST_F(HttpSessionTest, A408CarriesTheCorrelationIdOfItsOwnRequestAlthoughTheBufferHasMoved) {
  options_.limits.request_ms = 50;
  const std::string id = "0190a0b0-1111-7222-8333-444455556666";
  for (const char* more : {"\r\n", "\r\nContent-Length: 40000\r\n"}) {
    for (const std::size_t fill : {8'000u, 15'000u, 15'500u, 16'200u}) {
      RawClient c = client();
      const std::string head =
          "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Correlation-ID: " + id + more +
          "X-Filler: " + std::string(fill, 'x');
      ASSERT_TRUE(c.send(head));
      const std::string text = c.until_closed();
      EXPECT_EQ(status_of(text), 408) << fill;
      EXPECT_EQ(header_of(text, "x-correlation-id"), id) << fill;
    }
  }
}

// A byte whenever the server has been silent for 5 ms, far less than the time given.
TEST_F(HttpSessionTest, ATrickleDoesNotBuyTime) {
  options_.limits.request_ms = 100;
  RawClient c = client();
  ASSERT_TRUE(c.send("GET /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\nX: "));
  int sent = 0;
  while (sent < 1000 && !c.stirs_within(5) && c.send("x")) ++sent;
  EXPECT_LT(sent, 1000) << "the connection was still open after 5 s";
  EXPECT_EQ(status_of(c.until_closed()), 408);
  EXPECT_EQ(handler_.calls.value(), 0);
}

TEST_F(HttpSessionTest, ClosesAnIdleConnectionInSilence) {
  options_.limits.keep_alive_ms = 50;
  RawClient fresh = client();
  EXPECT_TRUE(fresh.is_closed());
  RawClient used = client();
  ASSERT_TRUE(used.send(kHello));
  EXPECT_EQ(status_of(used.response()), 200);
  EXPECT_TRUE(used.is_closed());
}

TEST_F(HttpSessionTest, TakesAnAnswerFromAnotherThread) {
  add(Method::kGet, "/later", [this](auto&, RouteReply& reply) {
    threads_.emplace_back([&reply] { answer_with(reply, R"({"later":1})"); });
  });
  RawClient c = client();
  const std::string later = "GET /api/v1/test/later HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += later + std::string(kHello);
  ASSERT_TRUE(c.send(requests));
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(body_of(c.response()), R"({"later":1})");
    ASSERT_EQ(body_of(c.response()), R"({"hello":1})");
  }
}

TEST_F(HttpSessionTest, SendsEarlierAnswersWhileOneIsPending) {
  std::latch go(1);
  add(Method::kGet, "/later", [&](auto&, RouteReply& reply) {
    threads_.emplace_back([&] {
      go.wait();
      answer_with(reply, "{}");
    });
  });
  RawClient c = client();
  ASSERT_TRUE(
      c.send(std::string(kHello) + "GET /api/v1/test/later HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(body_of(c.response()), R"({"hello":1})");
  go.count_down();
  EXPECT_EQ(body_of(c.response()), "{}");
}

TEST_F(HttpSessionTest, TheRequestStaysWhileItIsAnswered) {
  std::latch go(1);
  add(Method::kPost, "/later/:id", [&](const composable_request& request, RouteReply& reply) {
    threads_.emplace_back([&] {
      go.wait();
      const composable_str id = request.param(&request, {"id", 2});
      const composable_str agent = request.header(&request, {"user-agent", 10});
      std::string out(id.ptr, id.len);
      out.append(" ").append(agent.ptr, agent.len).append(" ");
      out.append(reinterpret_cast<const char*>(request.body.ptr), request.body.len);
      answer_with(reply, out);
    });
  });
  RawClient c = client();
  ASSERT_TRUE(c.send(post("/api/v1/test/later/a%2Fb", "\"x\"", "User-Agent: me\r\n")));
  ASSERT_TRUE(handler_.calls.wait_for(1));
  ASSERT_TRUE(c.send(std::string(kHello) + std::string(kHello)));
  go.count_down();
  EXPECT_EQ(body_of(c.response()), "a/b me \"x\"");
  EXPECT_EQ(body_of(c.response()), R"({"hello":1})");
}

TEST_F(HttpSessionTest, ClientsMayLeaveWhileTheyAreAnswered) {
  std::latch go(1);
  Tally ended;
  add(Method::kGet, "/later", [&](auto&, RouteReply& reply) {
    threads_.emplace_back([&] {
      go.wait();
      answer_with(reply, std::string(100'000, 'x'));
      ended.add();
    });
  });
  for (int i = 0; i < 4; ++i) {
    RawClient c = client();
    ASSERT_TRUE(c.send(std::string(i % 2 == 0 ? "" : kHello) +
                       "GET /api/v1/test/later HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    ASSERT_TRUE(handler_.calls.wait_for(i + 1 + (i + 1) / 2));
    if (i < 2) {
      c.close();
    } else {
      c.abort();
    }
  }
  go.count_down();
  ASSERT_TRUE(ended.wait_for(4));
  EXPECT_EQ(status_of(ask(kHello)), 200);
}

TEST_F(HttpSessionTest, ClientsMayLeaveWhileTheyAreSentToAndAnswered) {
  options_.limits.unsent_bytes = 100'000'000;
  std::latch go(1);
  Tally ended;
  add(Method::kGet, "/large",
      [](auto&, RouteReply& reply) { answer_with(reply, std::string(30'000'000, 'x')); });
  add(Method::kGet, "/later", [&](auto&, RouteReply& reply) {
    threads_.emplace_back([&] {
      go.wait();
      answer_with(reply, "{}");
      ended.add();
    });
  });
  RawClient c = client();
  ASSERT_TRUE(
      c.send("GET /api/v1/test/large HTTP/1.1\r\nHost: localhost\r\n\r\n"
             "GET /api/v1/test/later HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  ASSERT_TRUE(handler_.calls.wait_for(2));
  c.abort();
  // By the time these are answered the loop has seen that the first client is gone.
  for (int i = 0; i < 3; ++i) ASSERT_EQ(status_of(ask(kHello)), 200);
  go.count_down();
  ASSERT_TRUE(ended.wait_for(1));
  EXPECT_EQ(server_->drain(0, 10'000), 0u);
}

TEST_F(HttpSessionTest, ASlowReaderIsNotReadFrom) {
  options_.limits.unsent_bytes = 100'000;
  const std::string large(50'000, 'x');
  add(Method::kGet, "/large", [&](auto&, RouteReply& reply) { answer_with(reply, large); });
  RawClient c = client();
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    requests += "GET /api/v1/test/large HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  std::thread sender([&] { c.send(requests); });
  ASSERT_EQ(status_of(ask(kHello)), 200) << "others are served";
  // Never reached, so the wait may be short: a server without the bound gets there in less.
  EXPECT_FALSE(handler_.calls.wait_for(900, std::chrono::seconds(1)))
      << "50 MB must not be in memory";
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(body_of(c.response()).size(), large.size()) << i;
  sender.join();
}

TEST_F(HttpSessionTest, AReaderThatNeverReadsIsClosed) {
  options_.limits.write_ms = 50;
  add(Method::kGet, "/large",
      [&](auto&, RouteReply& reply) { answer_with(reply, std::string(30'000'000, 'x')); });
  RawClient c = client();
  ASSERT_TRUE(c.send("GET /api/v1/test/large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  ASSERT_TRUE(handler_.calls.wait_for(1));
  EXPECT_EQ(server_->drain(0, 10'000), 0u) << "the connection ended by itself";
}

TEST_F(HttpSessionTest, HidesTheCauseOfA500AndLogsIt) {
  add(Method::kGet, "/bad", [](auto&, RouteReply& reply) {
    reply.refuse({500, "INTERNAL_SERVER_ERROR", "the secret reason", "", 0});
  });
  add(Method::kGet, "/busy", [](auto&, RouteReply& reply) {
    reply.refuse({503, "SERVICE_UNAVAILABLE", "orders: too busy", "", 7});
  });
  const std::string text = ask("GET /api/v1/test/bad?token=x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(status_of(text), 500);
  EXPECT_EQ(message_of(text), "An internal error occurred");
  const std::string busy = ask("GET /api/v1/test/busy HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(message_of(busy), "orders: too busy");
  EXPECT_EQ(header_of(busy, "retry-after"), "7");
  EXPECT_EQ(log_.lines(),
            (std::vector<std::string>{"500 GET /api/v1/test/bad: the secret reason",
                                      "503 GET /api/v1/test/busy: orders: too busy"}));
}

TEST_F(HttpSessionTest, TurnsConnectionsAwayBeyondTheBound) {
  options_.limits.connections = 2;
  RawClient one = client(), two = client();
  for (RawClient* c : {&one, &two}) {
    ASSERT_TRUE(c->send(kHello));
    ASSERT_EQ(status_of(c->response()), 200);
  }
  RawClient three = client();
  const std::string text = three.until_closed();
  EXPECT_EQ(status_of(text), 503);
  EXPECT_EQ(message_of(text), "connections: too many; try again soon");
  EXPECT_EQ(header_of(text, "retry-after"), "1");
}

}  // namespace
}  // namespace composable::host
