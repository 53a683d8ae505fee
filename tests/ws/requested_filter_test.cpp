#include "ws/requested_filter.hpp"

#include <gtest/gtest.h>

#include "ws/gate.hpp"

namespace composable::host {
namespace {

class SubscriptionTest : public ::testing::Test {
 protected:
  EventKey key(std::string_view domain, std::string_view action, std::string_view stream) {
    return {names_.number(domain), names_.number(action), stream_key(stream)};
  }
  DeliveryFilter::Pointer make(SubscribeMessage message, std::string_view fixed = {}) {
    auto made = make_filter(message, fixed, gate_, names_);
    if (auto* refusal = std::get_if<Refusal>(&made)) {
      ADD_FAILURE() << refusal->message;
      return DeliveryFilter::nothing();
    }
    return std::get<DeliveryFilter::Pointer>(made);
  }
  Refusal refused(SubscribeMessage message, std::string_view fixed = {}) {
    auto made = make_filter(message, fixed, gate_, names_);
    auto* refusal = std::get_if<Refusal>(&made);
    return refusal != nullptr ? *refusal : Refusal{200, "", "accepted", ""};
  }

  testing::TestGate gate_{testing::two_domains()};
  NameTable names_;
};

TEST_F(SubscriptionTest, WithoutListsLetsEverythingThrough) { EXPECT_EQ(make({}), nullptr); }

TEST_F(SubscriptionTest, AndsItsLists) {
  const auto some = make({.domains = {{"orders"}},
                          .actions = {{"OrderPlaced", "Billed"}},
                          .streams = {{"order-1", "order-2"}}});
  EXPECT_TRUE(some->matches(key("orders", "OrderPlaced", "order-1")));
  EXPECT_TRUE(some->matches(key("orders", "OrderPlaced", "order-2")));
  EXPECT_FALSE(some->matches(key("orders", "OrderPlaced", "order-3")));
  EXPECT_FALSE(some->matches(key("orders", "OrderShipped", "order-1")));
  EXPECT_FALSE(some->matches(key("billing", "Billed", "order-1")));
}

TEST_F(SubscriptionTest, OfAnEmptyListLetsNothingThrough) {
  EXPECT_FALSE(make({.actions = {{}}})->matches(key("orders", "OrderPlaced", "")));
  EXPECT_FALSE(DeliveryFilter::nothing()->matches(key("orders", "OrderPlaced", "")));
}

TEST_F(SubscriptionTest, StaysWithinTheSocketsDomain) {
  const auto fixed = DeliveryFilter::everything("orders", names_);
  EXPECT_TRUE(fixed->matches(key("orders", "OrderPlaced", "x")));
  EXPECT_FALSE(fixed->matches(key("billing", "Billed", "x")));
  EXPECT_FALSE(make({}, "orders")->matches(key("billing", "Billed", "x")));
}

TEST_F(SubscriptionTest, RefusesUnknownNamesAndSuggests) {
  EXPECT_EQ(refused({.domains = {{"orders", "biling"}}}).message,
            "domains[1]: no domain is named \"biling\"; did you mean \"billing\"?");
  const Refusal action = refused({.actions = {{"OrderPlcaed"}}});
  EXPECT_EQ(action.message,
            "actions[0]: no event is named \"OrderPlcaed\"; did you mean \"OrderPlaced\"?");
  EXPECT_EQ(action.code, "NOT_FOUND");
  EXPECT_EQ(action.path, "actions[0]");
}

TEST_F(SubscriptionTest, RefusesWhatNeverReachesASocket) {
  const std::string reason = " is never sent to sockets; only public events are";
  EXPECT_EQ(refused({.actions = {{"PlaceOrder"}}}).message, "actions[0]: PlaceOrder" + reason);
  EXPECT_EQ(refused({.actions = {{"Noted"}}}).message, "actions[0]: Noted" + reason);
}

TEST_F(SubscriptionTest, RefusesAnotherDomainOnASocketOfOne) {
  EXPECT_EQ(refused({.domains = {{"billing"}}}, "orders").message,
            "domains[0]: this socket serves orders only, found \"billing\"; connect to /ws for all "
            "domains");
  EXPECT_EQ(refused({.actions = {{"Billed"}}}, "orders").code, "NOT_FOUND");
}

TEST_F(SubscriptionTest, TakesAnyStream) {
  EXPECT_TRUE(make({.streams = {{"nobody knows it"}}})
                  ->matches(key("orders", "OrderPlaced", "nobody knows it")));
}

}  // namespace
}  // namespace composable::host
