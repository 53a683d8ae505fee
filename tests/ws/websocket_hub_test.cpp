// The hub over loopback sockets with a Beast client, one thread, the loop run by hand.
#include "net/websocket_hub.hpp"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/plain_transport.hpp"
#include "ws/gate.hpp"

namespace composable::host {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

class SteppedClock final : public Clock {
 public:
  std::int64_t now = 1'000'000;
  std::int64_t unix_micros() override { return now; }
  std::int64_t steady_micros() override { return now; }
};

// Reads without end and keeps what it receives.
class Client {
 public:
  explicit Client(asio::io_context& io) : stream(io) {}

  void read() {
    stream.async_read(buffer_, [this](const error_code& error, std::size_t) {
      if (error) {
        end = error;
        return;
      }
      received.push_back(beast::buffers_to_string(buffer_.data()));
      buffer_.clear();
      read();
    });
  }
  void say(std::string text) {
    const auto kept = std::make_shared<std::string>(std::move(text));
    stream.async_write(asio::buffer(*kept), [kept](const error_code&, std::size_t) {});
  }

  websocket::stream<tcp::socket> stream;
  std::vector<std::string> received;
  error_code end;
  bool open = false;

 private:
  beast::flat_buffer buffer_;
};

class WebsocketHubTest : public ::testing::Test {
 protected:
  WebsocketHub& hub() {
    if (!hub_)
      hub_ = std::make_unique<WebsocketHub>(background_, bus_, gate_, clock_, rng_, options_);
    return *hub_;
  }

  ~WebsocketHubTest() override {
    hub_.reset();
    gate_->end_all();
    clients_.clear();
  }

  // Runs the loop until `done` holds; fails after ten seconds of real time.
  void until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "nothing came";
      io_.restart();
      io_.run_for(std::chrono::milliseconds(5));
      while (background_.run_turn()) {
      }
    }
  }

  // An accepted socket as the HTTP side hands it over.
  std::unique_ptr<Transport> taken(tcp::socket accepted) {
    StreamSocket socket(io_);
    socket.assign(StreamProtocol(AF_INET, 0), accepted.release());
    return std::make_unique<PlainTransport>(std::move(socket), AF_INET);
  }

  // A client whose upgrade request is read here, as the HTTP side would.
  Client& connect(WebsocketOpening opening = {}, std::string leftover = {}) {
    tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    Client& client = clients_.emplace_back(io_);
    client.stream.next_layer().connect(acceptor.local_endpoint());
    tcp::socket accepted = acceptor.accept();
    client.stream.async_handshake("h", "/ws", [&client](const error_code& error) {
      ASSERT_FALSE(error) << error.message();
      client.open = true;
      client.read();
    });
    std::string request;
    accepted.non_blocking(true);
    until([&] {
      char bytes[512];
      error_code ignored;
      request.append(bytes, accepted.read_some(asio::buffer(bytes), ignored));
      return request.find("\r\n\r\n") != std::string::npos;
    });
    const std::string name = "Sec-WebSocket-Key: ";
    opening.client_key = request.substr(request.find(name) + name.size(), 24);
    opening.leftover = std::move(leftover);
    if (opening.remote_address.empty()) opening.remote_address = "192.0.2.1";
    EXPECT_FALSE(hub().admit(opening));
    hub().open(taken(std::move(accepted)), std::move(opening));
    until([&] { return client.open; });
    return client;
  }

  std::shared_ptr<BroadcastBatch> batch(std::string_view action, std::string_view data,
                                        std::uint64_t position = 0, std::uint64_t origin = 0,
                                        Uuid correlation = {}) {
    auto made = std::make_shared<BroadcastBatch>();
    Broadcast event;
    event.action_class = COMPOSABLE_CLASS_EVENT;
    event.visibility = COMPOSABLE_VISIBILITY_PUBLIC;
    event.position = position;
    event.origin = origin;
    event.correlation = correlation;
    event.domain_name = "orders";
    event.type_name = action;
    event.data = data;
    made->add(event);
    return made;
  }

  asio::io_context io_{1};
  BroadcastBus bus_;
  std::shared_ptr<testing::TestGate> gate_ =
      std::make_shared<testing::TestGate>(testing::two_domains());
  SteppedClock clock_;
  Background background_{io_, clock_};
  SystemRng rng_;
  WebsocketOptions options_;
  std::unique_ptr<WebsocketHub> hub_;
  std::list<Client> clients_;
};

TEST_F(WebsocketHubTest, ListensOnlyWhileSomebodyIsThere) {
  EXPECT_FALSE(hub().listening());
  Client& client = connect();
  EXPECT_TRUE(hub().listening());
  client.stream.next_layer().close();
  until([&] { return hub().connections() == 0; });
  EXPECT_FALSE(hub().listening());
}

TEST_F(WebsocketHubTest, GivesABroadcastToEveryClient) {
  Client& one = connect();
  Client& two = connect();
  bus_.publish(batch("OrderPlaced", R"({"n":1})", 5));
  until([&] { return !one.received.empty() && !two.received.empty(); });
  EXPECT_EQ(one.received.front(),
            R"({"type":"event","action":{"OrderPlaced":{"n":1}},"domain":"orders","position":5})");
  EXPECT_EQ(two.received, one.received);
}

TEST_F(WebsocketHubTest, TakesBroadcastsFromOtherThreadsInTheirOrder) {
  Client& client = connect();
  std::thread other([&] {
    for (int i = 0; i < 500; ++i) bus_.publish(batch("OrderPlaced", std::to_string(i)));
  });
  until([&] { return client.received.size() == 500; });
  other.join();
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(client.received[static_cast<std::size_t>(i)],
              R"({"type":"event","action":{"OrderPlaced":)" + std::to_string(i) +
                  R"(},"domain":"orders"})");
  }
}

TEST_F(WebsocketHubTest, KeepsPrivateEventsAndOtherClassesToItself) {
  Client& client = connect();
  auto quiet = std::make_shared<BroadcastBatch>();
  Broadcast event;
  event.domain_name = "orders";
  event.type_name = "Noted";
  event.data = "{}";
  for (const auto& [action_class, visibility] :
       {std::pair{COMPOSABLE_CLASS_EVENT, COMPOSABLE_VISIBILITY_PRIVATE},
        std::pair{COMPOSABLE_CLASS_EVENT, COMPOSABLE_VISIBILITY_USER},
        std::pair{COMPOSABLE_CLASS_REJECTION, COMPOSABLE_VISIBILITY_PUBLIC},
        std::pair{COMPOSABLE_CLASS_INTERNAL, COMPOSABLE_VISIBILITY_PUBLIC},
        std::pair{COMPOSABLE_CLASS_COMMAND, COMPOSABLE_VISIBILITY_PUBLIC}}) {
    event.action_class = action_class;
    event.visibility = visibility;
    quiet->add(event);
  }
  bus_.publish(quiet);
  bus_.publish(batch("OrderPlaced", "{}"));
  until([&] { return !client.received.empty(); });
  EXPECT_EQ(client.received.size(), 1u);
}

TEST_F(WebsocketHubTest, AnswersACommandBehindItsOwnEvents) {
  Client& cause = connect();
  Client& other = connect();
  cause.say(R"({"type":"command","id":"a","action":{"PlaceOrder":{"n":1}}})");
  until([&] { return !gate_->commands.empty(); });
  const testing::GateCommand sent = gate_->commands.front();
  // As a store does: on whatever thread the domain ran, events first, then the answer.
  std::thread domain([&] {
    bus_.publish(batch("OrderPlaced", "{}", 9, sent.origin, sent.correlation));
    gate_->end({.kind = Outcome::Kind::kSettled, .position = 9});
  });
  until([&] { return cause.received.size() == 2 && other.received.size() == 1; });
  domain.join();
  const std::string event =
      R"({"type":"event","action":{"OrderPlaced":{}},"domain":"orders","position":9)";
  const std::string label = R"("correlation_id":")" + sent.correlation.text() + "\"";
  EXPECT_EQ(cause.received[0], event + "," + label + "}");
  EXPECT_EQ(cause.received[1], R"({"type":"ack","id":"a",)" + label + R"(,"position":9})");
  EXPECT_EQ(other.received[0], event + "}");
}

TEST_F(WebsocketHubTest, ForgetsAnAnswerWhoseSocketIsGone) {
  Client& client = connect();
  client.say(R"({"type":"command","id":"a","action":{"PlaceOrder":{}}})");
  until([&] { return !gate_->commands.empty(); });
  client.stream.next_layer().close();
  until([&] { return hub().connections() == 0; });
  gate_->end({});
}

TEST_F(WebsocketHubTest, OutlivesAnAnswerThatComesAfterIt) {
  Client& client = connect();
  client.say(R"({"type":"command","id":"a","action":{"PlaceOrder":{}}})");
  until([&] { return !gate_->commands.empty(); });
  hub_.reset();
  gate_->end({});
}

TEST_F(WebsocketHubTest, ServesOneDomainOnASocketOfOne) {
  Client& client = connect({.domain = "billing"});
  bus_.publish(batch("OrderPlaced", "{}"));
  client.say(R"({"type":"ping"})");
  until([&] { return !client.received.empty(); });
  EXPECT_EQ(client.received.front(), R"({"type":"pong"})");
}

TEST_F(WebsocketHubTest, ReadsWhatCameWithTheUpgrade) {
  std::string frame("\x81\x8F\0\0\0\0", 6);
  frame += R"({"type":"ping"})";
  Client& client = connect({}, frame);
  until([&] { return !client.received.empty(); });
  EXPECT_EQ(client.received.front(), R"({"type":"pong"})");
}

TEST_F(WebsocketHubTest, AnswersAFloodInOneGo) {
  Client& client = connect();
  std::string flood;
  for (int i = 0; i < 2'000; ++i) {
    flood += std::string("\x81\x8F\0\0\0\0", 6) + R"({"type":"ping"})";
  }
  asio::write(client.stream.next_layer(), asio::buffer(flood));
  until([&] { return client.received.size() == 2'000; });
}

TEST_F(WebsocketHubTest, ClosesOnAFaultWithItsCode) {
  Client& client = connect();
  client.stream.binary(true);
  client.say("x");
  until([&] { return client.end.failed(); });
  EXPECT_EQ(client.stream.reason().code, 1003);
  until([&] { return hub().connections() == 0; });
}

TEST_F(WebsocketHubTest, AnswersAClose) {
  Client& client = connect();
  bool closed = false;
  client.stream.async_close(websocket::close_code::normal,
                            [&](const error_code&) { closed = true; });
  until([&] { return closed && hub().connections() == 0; });
  EXPECT_EQ(client.stream.reason().code, 1000);
}

TEST_F(WebsocketHubTest, SaysGoodbyeToAllBehindWhatWasBroadcast) {
  Client& one = connect();
  Client& two = connect();
  bus_.publish(batch("OrderPlaced", "{}"));
  asio::post(io_, [&] { hub().close_all(1001, "shutting down"); });
  until([&] { return one.end.failed() && two.end.failed() && hub().connections() == 0; });
  EXPECT_EQ(one.received.size(), 1u);
  EXPECT_EQ(two.stream.reason().code, 1001);
  EXPECT_EQ(two.stream.reason().reason, "shutting down");
  const auto refusal = hub().admit({});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 503);
}

TEST_F(WebsocketHubTest, LimitsTheSocketsOfAnAddressOverAllLoops) {
  options_.sockets_per_address = 2;
  options_.sockets_from_loopback = 3;
  options_.addresses = std::make_shared<AddressCounts>();
  std::vector<std::string> warnings;
  options_.warn = [&](const std::string& line) { warnings.push_back(line); };
  Client& first = connect();
  options_.addresses->add("192.0.2.1");  // on another loop
  const WebsocketOpening another = {.remote_address = "192.0.2.1"};
  const auto refusal = hub().admit(another);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429);
  EXPECT_EQ(refusal->code, "RATE_LIMITED");
  EXPECT_EQ(refusal->message,
            "websocket: this address has 2 sockets open, which is the limit; close one first");
  EXPECT_TRUE(hub().admit(another));
  EXPECT_EQ(warnings, std::vector<std::string>{"websocket: 192.0.2.1 holds 2 sockets, the limit of "
                                               "one address; more are refused"});
  EXPECT_FALSE(hub().admit({.remote_address = "192.0.2.1", .remote_is_loopback = true}));
  first.stream.next_layer().close();
  until([&] { return hub().connections() == 0; });
  EXPECT_FALSE(hub().admit(another));
}

TEST_F(WebsocketHubTest, ClosesASocketThatLeavesTwoPingsUnanswered) {
  tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
  tcp::socket mute(io_);
  mute.connect(acceptor.local_endpoint());
  hub().open(taken(acceptor.accept()), {.client_key = "", .remote_address = "192.0.2.1"});
  for (int i = 0; i < 3; ++i) {
    clock_.now += options_.ping_interval_us;
    hub().sweep();
  }
  std::string received;
  mute.non_blocking(true);
  until([&] {
    char bytes[512];
    error_code ignored;
    received.append(bytes, mute.read_some(asio::buffer(bytes), ignored));
    return received.ends_with("two pings not answered");
  });
  const std::string frames = received.substr(received.find("\r\n\r\n") + 4);
  EXPECT_EQ(frames.substr(0, 8), std::string("\x89\0\x89\0\x88\x18\x03\xF0", 8));
  EXPECT_EQ(hub().connections(), 1u);
  clock_.now += options_.close_timeout_us;
  hub().sweep();
  until([&] { return hub().connections() == 0; });
}

TEST_F(WebsocketHubTest, KeepsASilentSocketThatAnswersPings) {
  connect();
  for (int i = 0; i < 10; ++i) {
    int pings = 0;
    clients_.front().stream.control_callback([&](websocket::frame_type type, beast::string_view) {
      if (type == websocket::frame_type::ping) ++pings;
    });
    clock_.now += options_.ping_interval_us;
    hub().sweep();
    until([&] { return pings == 1; });
    // The pong was written before the callback's read went on; one round trip more and it is read.
    clients_.front().say(R"({"type":"ping"})");
    until([&] { return clients_.front().received.size() == static_cast<std::size_t>(i) + 1; });
  }
  EXPECT_EQ(hub().connections(), 1u);
}

TEST_F(WebsocketHubTest, TellsAClientThatStoppedReadingWhatItMissed) {
  options_.log_bytes = 64 * 1024;
  hub();
  tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
  tcp::socket slow(io_);
  slow.connect(acceptor.local_endpoint());
  hub().open(taken(acceptor.accept()), {.client_key = "", .remote_address = "192.0.2.1"});
  const std::string data = "\"" + std::string(8'000, 'x') + "\"";
  constexpr int kEvents = 3'000;  // more than kernel buffers and the log hold together
  for (int i = 0; i < kEvents; ++i) {
    bus_.publish(batch("OrderPlaced", data));
    io_.poll();
  }
  ASSERT_GT(hub().stats().lagged, 0u);
  bus_.publish(batch("OrderShipped", "{}"));
  std::string received;
  slow.non_blocking(true);
  until([&] {
    std::vector<char> bytes(1 << 20);
    error_code ignored;
    received.append(bytes.data(), slow.read_some(asio::buffer(bytes), ignored));
    return received.find("OrderShipped") != std::string::npos;
  });
  std::uint64_t events = 0, skipped = 0;
  for (std::size_t at = 0; (at = received.find("\"OrderPlaced\"", at)) != std::string::npos; ++at)
    ++events;
  const std::string key = R"("skipped":)";
  for (std::size_t at = 0; (at = received.find(key, at)) != std::string::npos; at += key.size()) {
    skipped += std::stoull(received.substr(at + key.size()));
  }
  EXPECT_EQ(events + skipped, static_cast<std::uint64_t>(kEvents));
  EXPECT_EQ(skipped, hub().stats().lagged);
}

}  // namespace
}  // namespace composable::host
