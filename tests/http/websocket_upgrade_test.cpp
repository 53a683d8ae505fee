#include "http/websocket_upgrade.hpp"

#include <gtest/gtest.h>

#include "http/request_builder.hpp"

namespace composable::host {
namespace {

RequestBuilder::Headers handshake() {
  return {{"Upgrade", "websocket"},
          {"Connection", "keep-alive, Upgrade"},
          {"Sec-WebSocket-Version", "13"},
          {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
}

std::string outcome(RequestBuilder request) {
  UpgradeRequest upgrade;
  ResponseWriter writer;
  const auto refusal = read_upgrade(request.view(), upgrade, writer);
  if (!refusal) {
    return "ok " + std::string(upgrade.key) + " " + std::string(upgrade.subprotocol);
  }
  std::string head;
  writer.write({}, head);
  return std::to_string(refusal->status) +
         (head.find("Sec-WebSocket-Version: 13\r\n") != head.npos ? " version" : "");
}

std::string with(std::string name, std::string value) {
  auto headers = handshake();
  for (auto& header : headers) {
    if (header.first == name) {
      header.second = value;
      return outcome({Method::kGet, "/ws", headers});
    }
  }
  headers.push_back({name, value});
  return outcome({Method::kGet, "/ws", headers});
}

TEST(WebsocketUpgradeTest, TakesAHandshake) {
  EXPECT_EQ(outcome({Method::kGet, "/ws", handshake()}), "ok dGhlIHNhbXBsZSBub25jZQ== ");
  EXPECT_EQ(with("Upgrade", "WebSocket"), "ok dGhlIHNhbXBsZSBub25jZQ== ");
}

TEST(WebsocketUpgradeTest, EchoesOnlyItsSubprotocol) {
  EXPECT_EQ(with("Sec-WebSocket-Protocol", "composable.v1, bearer.secret"),
            "ok dGhlIHNhbXBsZSBub25jZQ== composable.v1");
  EXPECT_EQ(with("Sec-WebSocket-Protocol", "other"), "ok dGhlIHNhbXBsZSBub25jZQ== ");
}

TEST(WebsocketUpgradeTest, AsksForTheUpgrade) {
  EXPECT_EQ(outcome({Method::kGet, "/ws"}), "426 version");
  EXPECT_EQ(with("Sec-WebSocket-Version", "8"), "426 version");
  EXPECT_EQ(with("Upgrade", "h2c"), "426 version");
  EXPECT_EQ(with("Connection", "keep-alive"), "426 version");
  EXPECT_EQ(outcome({Method::kGet, "/ws", handshake(), "", false}), "426 version");
}

TEST(WebsocketUpgradeTest, RefusesABrokenHandshake) {
  EXPECT_EQ(outcome({Method::kPost, "/ws", handshake()}), "405");
  EXPECT_EQ(with("Sec-WebSocket-Key", "short"), "400");
  EXPECT_EQ(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ!=="), "400");
  EXPECT_EQ(outcome({Method::kGet, "/ws", handshake(), "body"}), "400");
}

}  // namespace
}  // namespace composable::host
