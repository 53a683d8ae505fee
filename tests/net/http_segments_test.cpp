// HTTP sessions over a transport that hands them bytes as badly as a network can.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <regex>

#include "net/scripted_transport.hpp"
#include "net/test_server.hpp"

namespace composable::host {
namespace {

const std::string kGet = "GET /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string kPost =
    "POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";
const std::string kSized = kPost + "Content-Length: 5\r\n\r\n";

// What the client sends; every answer must be the same however that is cut.
const std::vector<std::string>& conversations() {
  static const std::vector<std::string> all = {
      kGet,
      "\r\n\r\n" + kGet + "\r\n" + kGet,
      "\r" + kGet,
      kSized + "\"abc\"" + kGet,
      kChunked + "3\r\n\"ab\r\n2;a=\"b\"\r\nc\"\r\n0\r\nX-A: b\r\n\r\n" + kGet,
      kChunked + "0\r\n\r\n" + kGet,
      kChunked + "3;a=\"\n\"\r\n\"ab\r\n0\r\n\r\n" + kGet,
      kChunked + "3\r\n\"abX0\r\n\r\n" + kGet,
      kChunked + "3\n\"ab\r\n0\r\n\r\n" + kGet,
      kPost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n\"abc\"" + kGet,
      "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
      "Expect: 100-continue\r\n\r\nhello" +
          kGet,
      "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" + kGet,
      "POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
      "Content-Length: 5\r\n\r\nhello" +
          kGet,
      "POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" +
          kGet,
      "GET /api/v1/test/%68ello HTTP/1.2\r\nHost: localhost\r\nConnection: close\r\n\r\n" + kGet,
      "GET /api/v1/test/hello HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n" + kGet,
      "HEAD /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + kGet,
      "GET /health HTTP/1.1\r\nHost: a b\r\n\r\n" + kGet,
      "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\n\r\n" + kGet,
      "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n" + kGet,
      "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n" + kGet,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + kGet,
      kPost + "Transfer-Encoding: chunked, gzip\r\n\r\n" + kGet,
      kPost + "Content-Length: 99999999999\r\n\r\n" + kGet,
  };
  return all;
}

class HttpSegmentsTest : public TestServer {
 protected:
  HttpSegmentsTest() {
    options_.limits.linger_ms = 0;
    router_ = std::make_unique<PublicRouter>(
        PublicRouterParts{&options_, &handler_, &health_, &clock_, &rng_},
        std::move(routes_).build());
    sessions_ = std::make_unique<HttpSessions>(HttpSessionParts{.loop = &loop_,
                                                                .router = router_.get(),
                                                                .options = &options_,
                                                                .clock = &clock_,
                                                                .rng = &rng_,
                                                                .bodies = &bodies_,
                                                                .log = &log_});
    loop_.start();
  }
  ~HttpSegmentsTest() override {
    loop_.stop();
    sessions_.reset();
  }

  // What each script's client reads: without what no two answers share, and with a word at its end
  // when the connection ended.
  std::vector<std::string> answers(const std::vector<TransportScript>& scripts) {
    std::vector<std::shared_ptr<TransportRecord>> records;
    loop_.run_and_wait([&] {
      for (const TransportScript& script : scripts) {
        const auto record = records.emplace_back(std::make_shared<TransportRecord>());
        record->changed = [this, at = record.get()] {
          if (!at->is_over()) return;
          const std::lock_guard lock(mutex_);
          changed_.notify_all();
        };
        sessions_->open(std::make_unique<ScriptedTransport>(loop_.context(), script, record),
                        StreamProtocol::endpoint());
      }
    });
    std::vector<std::string> out;
    for (const auto& record : records) {
      for (bool over = false; !over;) {
        loop_.run_and_wait([&] { over = record->is_over(); });
        if (over) break;
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, std::chrono::milliseconds(5)) == std::cv_status::timeout &&
            std::chrono::steady_clock::now() > deadline_) {
          ADD_FAILURE() << "a session did not come to an end";
          break;
        }
      }
      loop_.run_and_wait([&] {
        out.push_back(comparable(record->written) +
                      (record->shut_down || record->closed ? "ended" : "open"));
      });
    }
    return out;
  }
  std::string answer(const TransportScript& script) { return answers({script}).front(); }

  static std::string comparable(std::string text) {
    static const std::regex kVaries(
        "Date: [^\r]*\r\n|X-Correlation-ID: [^\r]*\r\n|"
        "\"correlation_id\":\"[^\"]*\"|HTTP/1.1 100 Continue\r\n\r\n");
    return std::regex_replace(text, kVaries, "");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::chrono::steady_clock::time_point deadline_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(60);
  BodyBudget bodies_{1024 * 1024};
  Loop loop_{0, clock_, 10};
  std::unique_ptr<PublicRouter> router_;
  std::unique_ptr<HttpSessions> sessions_;
};

TEST_F(HttpSegmentsTest, TheAnswerDoesNotDependOnWhereAReadEnds) {
  for (const std::string& sent : conversations()) {
    std::vector<TransportScript> scripts(1);
    scripts[0].segments = {sent};
    for (std::size_t cut = 1; cut < sent.size(); ++cut) {
      scripts.emplace_back().segments = {sent.substr(0, cut), sent.substr(cut)};
    }
    const auto got = answers(scripts);
    EXPECT_TRUE(got[0].starts_with("HTTP/1.1 ")) << sent;
    for (std::size_t cut = 1; cut < got.size(); ++cut) {
      ASSERT_EQ(got[cut], got[0]) << sent << "\ncut at " << cut;
    }
  }
}

// The kernel may take and give a byte at a time, and say in between that it has none.
TEST_F(HttpSegmentsTest, AnswersOverATransportThatTakesAndGivesByteByByte) {
  for (const std::string& sent : conversations()) {
    const TransportScript whole{.segments = {sent}};
    const std::string expected = answer(whole);
    EXPECT_EQ(answer({.segments = {sent}, .read_bytes = 1, .write_bytes = 1}), expected) << sent;
    EXPECT_EQ(answer({.segments = {sent}, .would_block = true}), expected) << sent;
    EXPECT_EQ(answer({.segments = {sent}, .read_bytes = 1, .write_bytes = 1, .would_block = true}),
              expected)
        << sent;
  }
}

TEST_F(HttpSegmentsTest, AnswersWhoHasFinishedSending) {
  const std::string text = answer({.segments = {kGet + kGet}, .ends = true});
  EXPECT_NE(text.find("{\"hello\":1}HTTP/1.1 200 OK"), text.npos) << text;
  EXPECT_TRUE(text.ends_with("{\"hello\":1}ended")) << text;
  EXPECT_EQ(answer({.segments = {kGet.substr(0, 20)}, .ends = true}), "ended");
  EXPECT_EQ(answer({.segments = {}, .ends = true}), "ended");
  EXPECT_EQ(answer({.segments = {"\r"}, .ends = true}), "ended");
}

// A read or a write that fails, whichever it is, ends the session.
TEST_F(HttpSegmentsTest, EndsWhereverItsTransportBreaks) {
  const std::string sent = kSized + "\"abc\"" + kGet + kChunked + "1\r\n1\r\n0\r\n\r\n";
  std::vector<TransportScript> scripts;
  for (std::size_t n = 0; n < 20; ++n) {
    scripts.push_back({.segments = {sent}, .read_bytes = 50, .write_bytes = 40, .breaks_after = n});
  }
  for (const std::string& got : answers(scripts)) EXPECT_TRUE(got.ends_with("ended")) << got;
  loop_.run_and_wait([&] { EXPECT_EQ(sessions_->size(), 0u); });
}

}  // namespace
}  // namespace composable::host
