#include "ws/socket_protocol.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "observe/log_capture.hpp"
#include "ws/frames.hpp"
#include "ws/gate.hpp"
#include "ws/websocket_framing.hpp"

namespace composable::host {
namespace {

using testing::GateCommand;

class ManualClock final : public Clock {
 public:
  std::int64_t now = 1'700'000'000'000'000;
  std::int64_t unix_micros() override { return now; }
  std::int64_t steady_micros() override { return now; }
};

class CountingRng final : public Rng {
 public:
  std::uint64_t next() override { return ++last_; }

 private:
  std::uint64_t last_ = 0;
};

class KeepingSink final : public FanOutSink {
 public:
  std::string bytes;
  std::ptrdiff_t send(std::span<const iovec> pieces) override {
    const std::size_t before = bytes.size();
    for (const iovec& piece : pieces) {
      bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    return static_cast<std::ptrdiff_t>(bytes.size() - before);
  }
  void finished() override {}
};

class SocketProtocolTest : public ::testing::Test {
 protected:
  SocketProtocolTest() {
    context_.gate = gate_;
    context_.inbox =
        std::make_shared<Inbox>([this](Inbox::Item& item) { fan_out_.reply(queue_, item.frames); });
    context_.inbox->set_wake([this] { context_.inbox->drain(); });
    context_.fan_out = &fan_out_;
    context_.clock = &clock_;
    context_.rng = &rng_;
    context_.epoch = *Uuid::parse("0190a5d3-0000-7000-8000-000000000001");
    queue_ = fan_out_.open(sink_, nullptr);
  }

  ~SocketProtocolTest() override { gate_->end_all(); }

  // What is said in answer to one message.
  std::vector<std::string> say(SocketProtocol& protocol, std::string_view text) {
    protocol.on_message(text);
    return said();
  }
  std::vector<std::string> say(std::string_view text) {
    SocketProtocol protocol(context_, 7, queue_, actor_, domain_);
    return say(protocol, text);
  }
  std::vector<std::string> said() {
    while (fan_out_.run(clock_, 1'000'000)) {
    }
    std::vector<std::string> texts;
    const auto frames = testing::take_server_frames(sink_.bytes);
    for (const auto& frame : frames.value()) texts.push_back(frame.payload);
    return texts;
  }
  GateCommand command() {
    EXPECT_EQ(gate_->commands.size(), 1u);
    return gate_->commands.empty() ? GateCommand{} : gate_->commands.front();
  }
  void expect_error(std::string_view text, std::string_view error) {
    EXPECT_EQ(say(text),
              (std::vector<std::string>{R"({"type":"error",)" + std::string(error) + "}"}));
    EXPECT_TRUE(gate_->commands.empty());
  }

  std::shared_ptr<testing::TestGate> gate_ =
      std::make_shared<testing::TestGate>(testing::two_domains());
  ManualClock clock_;
  CountingRng rng_;
  FanOut fan_out_{FramedLog::create(65536, WebsocketFraming::instance()).value(), {}};
  SocketContext context_;
  KeepingSink sink_;
  FanOut::Handle queue_;
  std::string actor_, domain_;
};

TEST_F(SocketProtocolTest, SendsACommandAndAcknowledgesItOnceItHasEnded) {
  actor_ = "user-1";
  EXPECT_TRUE(say(R"({"type":"command","id":"a","action":{"PlaceOrder":{"n":1}}})").empty());
  const GateCommand sent = command();
  EXPECT_EQ(sent.domain, 0u);
  EXPECT_EQ(sent.action, 0u);
  EXPECT_EQ(sent.payload, R"({"n":1})");
  EXPECT_EQ(sent.actor, "user-1");
  EXPECT_EQ(sent.origin, 7u);
  gate_->end({.kind = Outcome::Kind::kSettled, .position = 42});
  EXPECT_EQ(said(), (std::vector<std::string>{
                        R"({"type":"ack","id":"a","correlation_id":")" + sent.correlation.text() +
                        R"(","epoch":"0190a5d3-0000-7000-8000-000000000001","position":42})"}));
}

TEST_F(SocketProtocolTest, LeavesEpochAndPositionOutWhenNothingWasStored) {
  say(R"({"type":"command","id":3,"action":{"PlaceOrder":{}}})");
  gate_->end({});
  EXPECT_EQ(said(), (std::vector<std::string>{R"({"type":"ack","id":3,"correlation_id":")" +
                                              command().correlation.text() + R"("})"}));
}

TEST_F(SocketProtocolTest, SaysNothingWhenACommandWithoutIdEndsWell) {
  say(R"({"type":"command","action":{"PlaceOrder":{}}})");
  gate_->end({});
  EXPECT_TRUE(said().empty());
}

TEST_F(SocketProtocolTest, TellsARejectionToWhoCausedIt) {
  say(R"({"type":"command","id":"a","action":{"PlaceOrder":{}}})");
  const std::string payload = R"({"order_id":"o"})";
  const composable_action rejection = {8, COMPOSABLE_FORM_JSON, payload.data(), payload.size()};
  const Refusal refusal{404, "NOT_FOUND", "order o is not known", ""};
  gate_->end({.kind = Outcome::Kind::kRefused, .action = &rejection, .refusal = &refusal});
  EXPECT_EQ(said(),
            (std::vector<std::string>{
                R"({"type":"error","message":"order o is not known","code":"NOT_FOUND",)"
                R"("id":"a","action":{"OrderNotFound":{"order_id":"o"}},"correlation_id":")" +
                command().correlation.text() + R"("})"}));
}

TEST_F(SocketProtocolTest, TellsARefusalWithThePathInTheMessageEvenWithoutAnId) {
  say(R"({"type":"command","action":{"PlaceOrder":{}}})");
  const Refusal refusal{400, "BAD_REQUEST", "items[0].quantity: missing", "items[0].quantity"};
  gate_->end({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
  EXPECT_EQ(said(), (std::vector<std::string>{
                        R"({"type":"error","message":"items[0].quantity: missing",)"
                        R"("code":"BAD_REQUEST","path":"action.PlaceOrder.items[0].quantity",)"
                        R"("correlation_id":")" +
                        command().correlation.text() + R"("})"}));
}

TEST_F(SocketProtocolTest, NamesThePayloadWhenAllOfItIsRefused) {
  say(R"({"type":"command","action":{"PlaceOrder":null}})");
  const Refusal refusal{400, "BAD_REQUEST", "expected object, found null", ""};
  gate_->end({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
  EXPECT_EQ(said(),
            (std::vector<std::string>{R"({"type":"error","message":"expected object, found null",)"
                                      R"("code":"BAD_REQUEST","path":"action.PlaceOrder",)"
                                      R"("correlation_id":")" +
                                      command().correlation.text() + R"("})"}));
}

// As many as a client likes to send.
TEST_F(SocketProtocolTest, CommandsThatFailAreAFewLines) {
  const LogCapture log;
  const Refusal refusal = internal_error("the disk is gone");
  for (int n = 0; n < 50; ++n) {
    say(R"({"type":"command","action":{"PlaceOrder":{}}})");
    gate_->end({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
  }
  const auto lines = log.lines();
  const auto failed = std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("command_failed") != line.npos;
  });
  EXPECT_GE(failed, 1);
  EXPECT_LE(failed, 10);
}

TEST_F(SocketProtocolTest, PutsAnAckBehindTheEventsBeforeIt) {
  say(R"({"type":"command","id":"a","action":{"PlaceOrder":{}}})");
  fan_out_.append("the event", {}, 0);
  gate_->end({});
  const auto texts = said();
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0], "the event");
}

TEST_F(SocketProtocolTest, RefusesAnUnknownCommandWithASuggestion) {
  expect_error(
      R"({"type":"command","id":"a","action":{"PlaceOder":{}}})",
      R"("message":"action: no command is named \"PlaceOder\"; did you mean \"PlaceOrder\"?",)"
      R"("code":"NOT_FOUND","path":"action","id":"a")");
}

TEST_F(SocketProtocolTest, SuggestsNoCommandThatSocketsMayNotSend) {
  expect_error(
      R"({"type":"command","action":{"Purg":{}}})",
      R"("message":"action: no command is named \"Purg\"","code":"NOT_FOUND","path":"action")");
}

TEST_F(SocketProtocolTest, RefusesWhatIsNoCommand) {
  expect_error(R"({"type":"command","action":{"OrderPlaced":{}}})",
               R"("message":"action: OrderPlaced is an event; only commands can be sent",)"
               R"("code":"FORBIDDEN","path":"action")");
  expect_error(R"({"type":"command","action":{"OrderNotFound":{}}})",
               R"("message":"action: OrderNotFound is a rejection; only commands can be sent",)"
               R"("code":"FORBIDDEN","path":"action")");
}

TEST_F(SocketProtocolTest, RefusesACommandThatIsNotOpenToSockets) {
  expect_error(R"({"type":"command","action":{"Purge":{}}})",
               R"("message":"action: Purge is not open to sockets; use its route",)"
               R"("code":"FORBIDDEN","path":"action")");
}

TEST_F(SocketProtocolTest, AsksWhichDomainWhenTwoHaveTheCommand) {
  expect_error(
      R"({"type":"command","action":{"Archive":{}}})",
      R"("message":"domain: missing; Archive is a command of orders and billing, name one )"
      R"(of them","code":"BAD_REQUEST","path":"domain")");
  say(R"({"type":"command","action":{"Archive":{}},"domain":"billing"})");
  EXPECT_EQ(command().domain, 1u);
}

TEST_F(SocketProtocolTest, RefusesAnUnknownDomain) {
  expect_error(R"({"type":"command","action":{"Archive":{}},"domain":"biling"})",
               R"("message":"domain: no domain is named \"biling\"; did you mean \"billing\"?",)"
               R"("code":"NOT_FOUND","path":"domain")");
}

// Not unknown, and the client may try again.
TEST_F(SocketProtocolTest, SaysThatADomainIsAway) {
  context_.gate = std::make_shared<testing::TestGate>(
      testing::two_domains(),
      std::vector<UnavailableDomain>{{"mail", "its plugin is set aside", ""}});
  const char* unavailable =
      R"("message":"The domain mail is not served now: its plugin is set aside",)"
      R"("code":"SERVICE_UNAVAILABLE")";
  expect_error(R"({"type":"command","action":{"Send":{}},"domain":"mail"})", unavailable);
  expect_error(R"({"type":"subscribe","domains":["orders","mail"]})", unavailable);
  expect_error(R"({"type":"command","action":{"Send":{}}})",
               R"("message":"action: no command is named \"Send\"; not served now: mail",)"
               R"("code":"NOT_FOUND","path":"action")");
}

TEST_F(SocketProtocolTest, StaysWithinTheSocketsDomain) {
  domain_ = "billing";
  expect_error(R"({"type":"command","action":{"PlaceOrder":{}}})",
               R"("message":"action: no command is named \"PlaceOrder\"","code":"NOT_FOUND",)"
               R"("path":"action")");
  expect_error(
      R"({"type":"command","action":{"PlaceOrder":{}},"domain":"orders"})",
      R"("message":"domain: this socket serves billing only, found \"orders\"; connect to )"
      R"(/ws for all domains","code":"FORBIDDEN","path":"domain")");
  say(R"({"type":"command","action":{"Archive":{}}})");
  EXPECT_EQ(command().domain, 1u);
}

TEST_F(SocketProtocolTest, KeepsTheAccessRuleOfACommand) {
  expect_error(R"({"type":"command","action":{"Mine":{}}})",
               R"("message":"Authentication is required",)"
               R"("code":"UNAUTHORIZED","path":"action")");
  actor_ = "user-1";
  expect_error(R"({"type":"command","action":{"Admin":{}}})",
               R"("message":"The role \"admin\" is required",)"
               R"("code":"FORBIDDEN","path":"action")");
  say(R"({"type":"command","action":{"Mine":{}}})");
  EXPECT_EQ(command().action, 3u);
}

TEST_F(SocketProtocolTest, RefusesAnIdempotencyKeyRatherThanIgnoreIt) {
  expect_error(R"({"type":"command","action":{"PlaceOrder":{}},"idempotency_key":"k"})",
               R"("message":"idempotency_key: not supported over WebSocket by this host; leave it )"
               R"(out","code":"UNSUPPORTED","path":"idempotency_key")");
}

TEST_F(SocketProtocolTest, AnswersAPingAndIgnoresAPong) {
  EXPECT_EQ(say(R"({"type":"ping"})"), (std::vector<std::string>{R"({"type":"pong"})"}));
  EXPECT_TRUE(say(R"({"type":"pong"})").empty());
}

TEST_F(SocketProtocolTest, SubscribesAndSaysSoWhenItTookEffect) {
  SocketProtocol protocol(context_, 7, queue_, "", "");
  const auto acked = say(protocol, R"({"type":"subscribe","id":"s","actions":["OrderShipped"]})");
  ASSERT_EQ(acked.size(), 1u);
  EXPECT_TRUE(acked[0].starts_with(R"({"type":"ack","id":"s","correlation_id":")")) << acked[0];
  const auto key = [&](std::string_view action) {
    return EventKey{fan_out_.names().number("orders"), fan_out_.names().number(action), 0};
  };
  fan_out_.append("placed", key("OrderPlaced"), 0);
  fan_out_.append("shipped", key("OrderShipped"), 0);
  EXPECT_EQ(said(), std::vector<std::string>{"shipped"});
  EXPECT_TRUE(say(protocol, R"({"type":"unsubscribe"})").empty());
  fan_out_.append("shipped", key("OrderShipped"), 0);
  EXPECT_TRUE(said().empty());
}

TEST_F(SocketProtocolTest, KeepsItsFilterWhenASubscribeIsRefused) {
  expect_error(R"({"type":"subscribe","id":"s","domains":["nope"]})",
               R"("message":"domains[0]: no domain is named \"nope\"","code":"NOT_FOUND",)"
               R"("path":"domains[0]","id":"s")");
  fan_out_.append("still received", {}, 0);
  EXPECT_EQ(said(), std::vector<std::string>{"still received"});
}

TEST_F(SocketProtocolTest, LimitsTheRateAndForgivesWithTime) {
  SocketProtocol protocol(context_, 7, queue_, "", "");
  const std::string text = R"({"type":"command","id":"a","action":{"PlaceOrder":{}}})";
  for (int i = 0; i < 100; ++i) protocol.on_message(text);
  EXPECT_EQ(gate_->commands.size(), 100u);
  EXPECT_EQ(
      say(protocol, text),
      (std::vector<std::string>{
          R"({"type":"error","message":"socket: more than 100 messages in a second; send them )"
          R"(more slowly","code":"RATE_LIMITED","id":"a"})"}));
  EXPECT_EQ(say(protocol, R"({"type":"ping"})").size(), 1u) << "pings are free";
  clock_.now += 50'000;
  for (int i = 0; i < 10; ++i) protocol.on_message(text);
  EXPECT_EQ(gate_->commands.size(), 105u);
}

TEST_F(SocketProtocolTest, AnswersABadMessageAndGoesOn) {
  SocketProtocol protocol(context_, 7, queue_, "", "");
  EXPECT_EQ(say(protocol, "{").size(), 1u);
  EXPECT_EQ(say(protocol, R"({"type":"ping"})").size(), 1u);
}

}  // namespace
}  // namespace composable::host
