// From an HTTP connection to a WebSocket: what is handed over, and what is refused over HTTP.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "net/test_server.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kHello = "GET /api/v1/test/hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

class FakeAcceptor final : public WebsocketAcceptor {
 public:
  explicit FakeAcceptor(std::optional<Refusal>& refusal) : refusal_(refusal) {}

  std::optional<Refusal> admit(const WebsocketOpening&) override { return refusal_; }
  void open(std::unique_ptr<Transport> transport, WebsocketOpening opening) override {
    std::string line = "taken " + opening.client_key + "|" + opening.subprotocol + "|" +
                       opening.domain + "|" + opening.remote_address + "|" +
                       (opening.remote_is_loopback ? "loopback|" : "|") + opening.leftover;
    EXPECT_EQ(opening.correlation_id.size(), 36u);
    const iovec piece = {.iov_base = line.data(), .iov_len = line.size()};
    EXPECT_EQ(transport->write_some({&piece, 1}).bytes, line.size());
    closed = true;
  }
  void when_empty(std::function<void()> task) override { task(); }
  void close_all(std::uint16_t, std::string_view) override {}
  std::size_t connections() const override { return 0; }

  bool closed = false;

 private:
  std::optional<Refusal>& refusal_;
};

class UpgradeTest : public TestServer {
 protected:
  UpgradeTest() {
    websockets_ = [this](Loop&) { return std::make_unique<FakeAcceptor>(refusal_); };
  }
  std::optional<Refusal> refusal_;
};

std::string handshake(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(more) + "\r\n";
}

TEST_F(UpgradeTest, HandsTheSocketOverWithWhatCameAfter) {
  RawClient c = client();
  ASSERT_TRUE(
      c.send(handshake("/api/v1/test/ws", "Sec-WebSocket-Protocol: composable.v1\r\n") + "FRAME"));
  EXPECT_EQ(c.until_closed(),
            "taken dGhlIHNhbXBsZSBub25jZQ==|composable.v1|test|127.0.0.1|loopback|FRAME");
  RawClient all = client();
  ASSERT_TRUE(all.send(handshake("/ws")));
  EXPECT_EQ(all.until_closed(), "taken dGhlIHNhbXBsZSBub25jZQ==|||127.0.0.1|loopback|");
}

TEST_F(UpgradeTest, SendsEarlierAnswersFirst) {
  RawClient c = client();
  ASSERT_TRUE(c.send(std::string(kHello) + handshake("/ws")));
  EXPECT_EQ(body_of(c.response()), R"({"hello":1})");
  EXPECT_TRUE(c.until_closed().starts_with("taken"));
}

TEST_F(UpgradeTest, NamesTheClientBehindATrustedProxy) {
  options_.trusted_proxies = {IpRange::parse("127.0.0.0/8").value()};
  RawClient c = client();
  ASSERT_TRUE(c.send(handshake("/ws", "X-Forwarded-For: 192.0.2.7\r\n")));
  EXPECT_EQ(c.until_closed(), "taken dGhlIHNhbXBsZSBub25jZQ==|||192.0.2.7||");
}

TEST_F(UpgradeTest, AnswersARefusalOverHttp) {
  refusal_ = Refusal{429, "RATE_LIMITED", "sockets: too many from 127.0.0.1", "", 3};
  RawClient c = client();
  ASSERT_TRUE(c.send(handshake("/ws") + std::string(kHello)));
  const std::string text = c.response();
  EXPECT_EQ(status_of(text), 429);
  EXPECT_EQ(header_of(text, "retry-after"), "3");
  EXPECT_EQ(status_of(c.response()), 200);
}

TEST_F(UpgradeTest, RefusesAForeignPage) {
  const std::string text = ask(handshake("/ws", "Origin: https://evil.example\r\n"));
  EXPECT_EQ(status_of(text), 403);
  const std::string plain = ask("GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(status_of(plain), 426);
  EXPECT_EQ(header_of(plain, "sec-websocket-version"), "13");
}

}  // namespace
}  // namespace composable::host
