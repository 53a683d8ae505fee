#include "ws/message.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

template <typename Body>
Body read_as(std::string_view text) {
  const ClientMessage message = read_message(text);
  const Body* body = std::get_if<Body>(&message.body);
  if (body != nullptr) return *body;
  const Refusal* refusal = std::get_if<Refusal>(&message.body);
  ADD_FAILURE() << text << ": " << (refusal != nullptr ? refusal->message : "another message");
  return {};
}

struct BadMessage {
  std::string_view text;
  std::string_view message;
  std::string_view path;
  std::string_view code = "BAD_REQUEST";
};

TEST(MessageTest, ReadsACommand) {
  const std::string_view text =
      R"({"type":"command","action":{"PlaceOrder": {"items":[1, 2]} },"domain":"orders","id":"a-1"})";
  const auto command = read_as<CommandMessage>(text);
  EXPECT_EQ(command.action, "PlaceOrder");
  EXPECT_EQ(command.payload, R"({"items":[1, 2]})");
  EXPECT_EQ(command.domain, "orders");
  EXPECT_FALSE(command.idempotency_key);
  EXPECT_EQ(read_message(text).id, R"("a-1")");
}

TEST(MessageTest, TakesKeysInAnyOrderAndEscaped) {
  const auto command = read_as<CommandMessage>(
      " { \"action\" : { \"Ping\" : null } , \"\\u0074ype\" : \"c\\u006fmmand\" } ");
  EXPECT_EQ(command.action, "Ping");
  EXPECT_EQ(command.payload, "null");
}

TEST(MessageTest, TakesAnIntegerAsId) {
  EXPECT_EQ(read_message(R"({"type":"unsubscribe","id":7})").id, "7");
}

TEST(MessageTest, SeesAnIdempotencyKey) {
  EXPECT_TRUE(
      read_as<CommandMessage>(R"({"type":"command","action":{"A":{}},"idempotency_key":"k-1"})")
          .idempotency_key);
}

TEST(MessageTest, ReadsASubscription) {
  const auto all = read_as<SubscribeMessage>(R"({"type":"subscribe"})");
  EXPECT_FALSE(all.domains || all.actions || all.streams);
  const auto some = read_as<SubscribeMessage>(
      R"({"type":"subscribe","domains":["orders"],"actions":[],"streams":["a","b"]})");
  EXPECT_EQ(some.domains, std::vector<std::string>{"orders"});
  EXPECT_EQ(some.actions, std::vector<std::string>{});
  EXPECT_EQ(some.streams, (std::vector<std::string>{"a", "b"}));
}

TEST(MessageTest, ReadsTheRest) {
  read_as<PingMessage>(R"({"type":"ping"})");
  read_as<PongMessage>(R"({"type":"pong"})");
  read_as<UnsubscribeMessage>(R"({"type":"unsubscribe","id":"x"})");
}

TEST(MessageTest, RefusesWithThePlaceAndTheReason) {
  const BadMessage samples[] = {
      {"hello",
       "message: not JSON at byte 0: expected a value, found 'h'; send one JSON object in each "
       "text "
       "frame",
       ""},
      {R"({"type":"ping")",
       "message: not JSON at byte 14: expected ',' or '}', found the end; send one JSON object in "
       "each text frame",
       ""},
      {"[1]", "message: must be an object, found an array", ""},
      {"{}", "type: missing; one of command, ping, pong, subscribe, unsubscribe", "type"},
      {R"({"type":1})", "type: must be a string, found a number", "type"},
      {R"({"type":"comand"})",
       "type: unknown, found \"comand\"; one of command, ping, pong, subscribe, unsubscribe; did "
       "you mean \"command\"?",
       "type"},
      {R"({"type":"ping","extra":1})", "extra: unknown key in a ping message; known are type",
       "extra"},
      {R"({"type":"command","actoin":{}})",
       "actoin: unknown key in a command message; known are type, action, domain, id, "
       "idempotency_key; did you mean \"action\"?",
       "actoin"},
      {R"({"type":"ping","\u0074ype":"pong"})", "type: given twice; give it once", "type"},
      {R"({"type":"command"})", "action: missing; give an object with one key, the command's name",
       "action"},
      {R"({"type":"command","action":"PlaceOrder"})", "action: must be an object, found a string",
       "action"},
      {R"({"type":"command","action":{}})",
       "action: must have exactly one key, the command's name, found 0", "action"},
      {R"({"type":"command","action":{"A":1,"A":2}})",
       "action: must have exactly one key, the command's name, found 2", "action"},
      {R"({"type":"command","action":{"A":1},"domain":null})",
       "domain: must be a string, found null", "domain"},
      {R"({"type":"command","action":{"A":1},"domain":""})",
       "domain: empty; name a domain or leave it out", "domain"},
      {R"({"type":"command","action":{"A":1},"id":{}})",
       "id: must be a string of 1 to 126 bytes or an integer, found {}", "id"},
      {R"({"type":"command","action":{"A":1},"id":1.5})",
       "id: must be a string of 1 to 126 bytes or an integer, found 1.5", "id"},
      {R"({"type":"command","action":{"A":1},"idempotency_key":"a b"})",
       "idempotency_key: must be 1 to 255 visible ASCII characters, found \"a b\"",
       "idempotency_key"},
      {R"({"type":"subscribe","domains":"orders"})",
       "domains: must be a list of names, found a string", "domains"},
      {R"({"type":"subscribe","streams":["a",2]})", "streams[1]: must be a string, found a number",
       "streams[1]"},
      {R"({"type":"subscribe","from":{"epoch":"e","position":1}})",
       "from: resuming from a position is not supported by this host; leave it out to begin with "
       "new events",
       "from", "UNSUPPORTED"},
  };
  for (const BadMessage& sample : samples) {
    const ClientMessage message = read_message(sample.text);
    const Refusal* refusal = std::get_if<Refusal>(&message.body);
    ASSERT_NE(refusal, nullptr) << sample.text;
    EXPECT_EQ(refusal->message, sample.message);
    EXPECT_EQ(refusal->path, sample.path) << sample.text;
    EXPECT_EQ(refusal->code, sample.code) << sample.text;
  }
}

TEST(MessageTest, KnowsTheIdOfARefusedMessage) {
  EXPECT_EQ(read_message(R"({"id":"7","type":"command"})").id, R"("7")");
  EXPECT_EQ(read_message(R"({"type":"nonsense","id":"7"})").id, R"("7")");
  EXPECT_EQ(read_message(R"({"id":"7","x":1,"x":2})").id, R"("7")");
}

TEST(MessageTest, BoundsAFilter) {
  std::string names = "\"a\"";
  for (int i = 1; i < 64; ++i) names += ",\"a\"";
  read_as<SubscribeMessage>(R"({"type":"subscribe","streams":[)" + names + "]}");
  const auto refused = read_message(R"({"type":"subscribe","streams":[)" + names + ",\"a\"]}");
  ASSERT_TRUE(std::holds_alternative<Refusal>(refused.body));
  EXPECT_EQ(std::get<Refusal>(refused.body).message, "streams: at most 64 names, found 65");
}

TEST(MessageTest, CutsWhatItQuotesBetweenCharacters) {
  EXPECT_EQ(excerpt("short"), "short");
  EXPECT_EQ(excerpt(std::string(100, 'x')), std::string(64, 'x') + "…");
  EXPECT_EQ(excerpt(std::string(63, 'x') + "éé"), std::string(63, 'x') + "…");
}

}  // namespace
}  // namespace composable::host
