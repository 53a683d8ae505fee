// A WebSocket over a transport that hands it bytes as badly as a network can.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/background.hpp"
#include "net/scripted_transport.hpp"
#include "net/websocket_hub.hpp"
#include "ws/frames.hpp"
#include "ws/gate.hpp"

namespace composable::host {
namespace {

using testing::client_frame;
using testing::ServerFrame;
using testing::take_server_frames;

constexpr unsigned kText = 1, kClose = 8, kPing = 9, kPong = 10;

class WebsocketTransportTest : public ::testing::Test {
 protected:
  WebsocketTransportTest() {
    options_.addresses = std::make_shared<AddressCounts>();
    hub_ = std::make_unique<WebsocketHub>(
        background_, bus_, std::make_shared<testing::TestGate>(std::vector<GateDomain>()), clock_,
        rng_, options_);
  }

  // What a client receives that sends `script`; the hub forgets sockets that have ended.
  std::shared_ptr<TransportRecord> run(TransportScript script, std::string leftover = {}) {
    auto record = std::make_shared<TransportRecord>();
    WebsocketOpening opening;
    opening.client_key = "dGhlIHNhbXBsZSBub25jZQ==";
    opening.remote_address = "192.0.2.1";
    opening.leftover = std::move(leftover);
    hub_->open(std::make_unique<ScriptedTransport>(io_, std::move(script), record),
               std::move(opening));
    for (int turns = 0; !record->is_over() && turns < 100'000; ++turns) {
      io_.restart();
      io_.poll();
      background_.run_turn();
    }
    EXPECT_TRUE(record->is_over());
    io_.restart();
    io_.poll();
    return record;
  }
  std::vector<ServerFrame> frames(const TransportRecord& record) {
    const std::size_t head = record.written.find("\r\n\r\n");
    if (head == std::string::npos) return {};
    std::string rest = record.written.substr(head + 4);
    const auto frames = take_server_frames(rest);
    EXPECT_TRUE(frames && rest.empty()) << "a whole number of frames";
    return frames.value_or(std::vector<ServerFrame>());
  }

  asio::io_context io_;
  BroadcastBus bus_;
  SystemClock clock_;
  Background background_{io_, clock_};
  SystemRng rng_;
  WebsocketOptions options_;
  std::unique_ptr<WebsocketHub> hub_;
};

const std::string& conversation() {
  static const std::string text =
      client_frame(kPing, "one") + client_frame(kText, R"({"type":"ping"})") +
      client_frame(kPing, std::string(125, 'x')) + client_frame(kText, std::string(2'000, 'y')) +
      client_frame(kClose, std::string("\x03\xe8", 2));
  return text;
}

TEST_F(WebsocketTransportTest, HearsTheSameHoweverTheBytesAreCut) {
  const auto expected = frames(*run({.segments = {conversation()}}));
  ASSERT_EQ(expected.size(), 5u);
  EXPECT_EQ(expected[0], (ServerFrame{kPong, "one"}));
  EXPECT_EQ(expected.back().opcode, kClose);
  for (std::size_t cut = 1; cut < conversation().size(); ++cut) {
    const auto record =
        run({.segments = {conversation().substr(0, cut), conversation().substr(cut)}});
    ASSERT_EQ(frames(*record), expected) << "cut at " << cut;
    ASSERT_TRUE(record->closed);
    // What came with the upgrade is no different.
    ASSERT_EQ(
        frames(*run({.segments = {conversation().substr(cut)}}, conversation().substr(0, cut))),
        expected)
        << "left over: " << cut;
  }
  EXPECT_EQ(hub_->connections(), 0u);
}

TEST_F(WebsocketTransportTest, SpeaksOverATransportThatTakesAndGivesByteByByte) {
  const auto expected = frames(*run({.segments = {conversation()}}));
  for (const bool would_block : {false, true}) {
    const auto record = run({.segments = {conversation()},
                             .read_bytes = 1,
                             .write_bytes = 1,
                             .would_block = would_block});
    EXPECT_EQ(frames(*record), expected);
    EXPECT_TRUE(record->closed);
  }
}

TEST_F(WebsocketTransportTest, EndsWhereverItsTransportBreaks) {
  for (std::size_t n = 0; n < 40; ++n) {
    const auto record = run(
        {.segments = {conversation()}, .read_bytes = 100, .write_bytes = 50, .breaks_after = n});
    ASSERT_TRUE(record->closed) << n;
    ASSERT_EQ(hub_->connections(), 0u) << n;
  }
}

TEST_F(WebsocketTransportTest, EndsWithItsPeer) {
  EXPECT_TRUE(run({.segments = {client_frame(kPing, "a")}, .ends = true})->closed);
  EXPECT_EQ(hub_->connections(), 0u);
}

TEST_F(WebsocketTransportTest, TellsOnceThatNoSocketIsLeft) {
  int told = 0;
  hub_->when_empty([&] { ++told; });
  EXPECT_EQ(told, 1) << "there was none";
  const auto open = run({.segments = {client_frame(kPing, "a")}});
  hub_->when_empty([&] { ++told; });
  EXPECT_EQ(told, 1);
  hub_->close_all(1001, "bye");
  hub_->sweep();
  run({.segments = {}, .ends = true});
  EXPECT_EQ(told, 1) << "the first has not answered the close";
  hub_.reset();
  EXPECT_TRUE(open->closed);
}

}  // namespace
}  // namespace composable::host
