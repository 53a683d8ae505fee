#include "ws/server_message.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

const Uuid kCorrelation = *Uuid::parse("0190a5d3-7b1c-7def-8123-456789abcdef");
const Uuid kEpoch = *Uuid::parse("0190a5d3-0000-7000-8000-000000000001");

TEST(ServerMessageTest, WritesAnEventForAllAndForWhoCausedIt) {
  const EventMessage stored = {"OrderPlaced", R"({"order_id":"order-1"})", "orders", 42, "order-1"};
  std::string text;
  append_event_message(text, stored, nullptr);
  EXPECT_EQ(text, R"({"type":"event","action":{"OrderPlaced":{"order_id":"order-1"}},)"
                  R"("domain":"orders","position":42,"stream":"order-1"})");
  text.clear();
  append_event_message(text, stored, &kCorrelation);
  EXPECT_EQ(text, R"({"type":"event","action":{"OrderPlaced":{"order_id":"order-1"}},)"
                  R"("domain":"orders","position":42,"stream":"order-1",)"
                  R"("correlation_id":"0190a5d3-7b1c-7def-8123-456789abcdef"})");
}

TEST(ServerMessageTest, LeavesOutWhatAnUnstoredEventHasNot) {
  std::string text;
  append_event_message(text, {"Incremented", "{}", "counter", 0, ""}, nullptr);
  EXPECT_EQ(text, R"({"type":"event","action":{"Incremented":{}},"domain":"counter"})");
}

TEST(ServerMessageTest, EscapesTheNameOfAStream) {
  std::string text;
  append_event_message(text, {"A", "{}", "d", 1, "a\"b"}, nullptr);
  EXPECT_EQ(text,
            R"({"type":"event","action":{"A":{}},"domain":"d","position":1,"stream":"a\"b"})");
}

TEST(ServerMessageTest, WritesAnAck) {
  std::string text;
  append_ack_message(text, "\"a\"", kCorrelation, kEpoch, 9);
  EXPECT_EQ(text,
            R"({"type":"ack","id":"a","correlation_id":"0190a5d3-7b1c-7def-8123-456789abcdef",)"
            R"("epoch":"0190a5d3-0000-7000-8000-000000000001","position":9})");
  text.clear();
  append_ack_message(text, "7", kCorrelation, Uuid(), 0);
  EXPECT_EQ(text,
            R"({"type":"ack","id":7,"correlation_id":"0190a5d3-7b1c-7def-8123-456789abcdef"})");
}

TEST(ServerMessageTest, WritesAnErrorWithAllItKnows) {
  const Refusal refusal{400, "INVALID_ORDER_STATE", "order is \"shipped\"", "action.ShipOrder.x"};
  std::string text;
  append_error_message(text, {.refusal = &refusal,
                              .id = "\"7\"",
                              .rejection = "InvalidOrderState",
                              .rejection_data = R"({"order_id":"o"})",
                              .correlation = &kCorrelation});
  EXPECT_EQ(text,
            R"({"type":"error","message":"order is \"shipped\"","code":"INVALID_ORDER_STATE",)"
            R"("path":"action.ShipOrder.x","id":"7",)"
            R"("action":{"InvalidOrderState":{"order_id":"o"}},)"
            R"("correlation_id":"0190a5d3-7b1c-7def-8123-456789abcdef"})");
}

TEST(ServerMessageTest, WritesABareError) {
  const Refusal refusal{400, "BAD_REQUEST", "no", ""};
  std::string text;
  append_error_message(text, {.refusal = &refusal});
  EXPECT_EQ(text, R"({"type":"error","message":"no","code":"BAD_REQUEST"})");
}

TEST(ServerMessageTest, KeepsAFrameUtf8WhateverAPluginSays) {
  const Refusal refusal{400, "BAD_REQUEST", "cut \xc3", ""};
  std::string text;
  append_error_message(text, {.refusal = &refusal});
  EXPECT_EQ(text, "{\"type\":\"error\",\"message\":\"cut \xef\xbf\xbd\",\"code\":\"BAD_REQUEST\"}");
}

TEST(ServerMessageTest, WritesAGap) {
  std::string text;
  append_gap_message(text, "orders", 1234);
  EXPECT_EQ(text, R"({"type":"gap","domain":"orders","skipped":1234})");
}

}  // namespace
}  // namespace composable::host
