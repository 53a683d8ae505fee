// The HTTP face of orders, driven through its tables.
#include <gtest/gtest.h>

#include "composable/routes.hpp"
#include "driven.hpp"
#include "fake_http.hpp"
#include "reducer.hpp"

namespace {

using namespace orders;
using Domain = Driven<Orders>;

enum Route : std::uint32_t { kPlace, kCancel, kShip, kGet };
const std::string kId = "order-01890000-0000-7000-8000-000000000001";

class OrdersRoutes : public ::testing::Test {
 protected:
  std::string action(std::uint32_t route, const FakeRequest& request) {
    FakeCommandSink sink(domain_.table);
    const composable_request raw = request.abi();
    const auto status = table_.to_action(route, &raw, &sink.abi, &domain_.fresh());
    return status < 0 ? std::to_string(status) + ' ' + composable::describe(domain_.error)
                      : sink.sent;
  }
  template <class E>
  std::string reply(std::uint32_t route, const E& event) {
    FakeResponse response;
    const composable_action action = Domain::native(event);
    const composable_outcome outcome{sizeof(outcome), COMPOSABLE_OUTCOME_MATCHED, &action};
    EXPECT_EQ(table_.to_response(domain_.state, route, &outcome, &response.abi, &domain_.fresh()),
              COMPOSABLE_OK);
    return std::to_string(response.status) + '\n' + response.headers + response.body;
  }
  std::string read(const std::string& id) {
    FakeResponse response;
    const FakeRequest request{.params = {{"id", id}}};
    const composable_request raw = request.abi();
    const auto status = table_.read(domain_.state, kGet, &raw, &response.abi, &domain_.fresh());
    return status < 0 ? std::to_string(status) + ' ' + composable::describe(domain_.error)
                      : response.body;
  }
  template <class E>
  void evolve(const E& event) {
    domain_.context.recorded_at_us += 1'767'225'600'000'000;
    EXPECT_EQ(domain_.evolve(Domain::native(event)), COMPOSABLE_OK);
    domain_.context.recorded_at_us = 1'000'000;
  }
  template <class R>
  std::string explained(const R& rejection) {
    std::string message, path;
    composable_writer to_message = composable::append_to(message);
    composable_writer to_path = composable::append_to(path);
    const composable_action action = Domain::native(rejection);
    const auto& type = *domain_.table.actions[action.type];
    EXPECT_EQ(domain_.table.explain(&action, &to_message, &to_path), COMPOSABLE_OK);
    return std::to_string(type.status) + ' ' + std::string(composable::view(type.code)) + ' ' +
           path + ": " + message;
  }

  Domain domain_;
  const composable_routes_v1& table_ = *static_cast<const composable_routes_v1*>(
      domain_.table.query_extension(COMPOSABLE_STR(COMPOSABLE_ROUTES_EXTENSION)));
};

TEST_F(OrdersRoutes, MakeCommandsOfRequests) {
  const std::string place =
      R"({"customer_id":"c","items":[{"product_id":"p","name":"n","quantity":1,"unit_price_cents":2}]})";
  EXPECT_EQ(action(kPlace, {.body = place}), "PlaceOrder" + place);
  EXPECT_EQ(action(kCancel, {.params = {{"id", "o"}}}), R"(CancelOrder{"order_id":"o"})");
  EXPECT_EQ(action(kCancel, {.params = {{"id", "o"}}, .body = R"({"reason":"r"})"}),
            R"(CancelOrder{"order_id":"o","reason":"r"})");
  EXPECT_EQ(action(kShip, {.params = {{"id", "o"}}, .body = R"({"tracking_number":"t"})"}),
            R"(ShipOrder{"order_id":"o","tracking_number":"t"})");
}

TEST_F(OrdersRoutes, NameWhatIsWrongWithARequest) {
  EXPECT_EQ(action(kShip, {.params = {{"id", "o"}}, .body = "{}"}),
            "-2 tracking_number: missing field \"tracking_number\" (byte 1)");
  EXPECT_EQ(action(kPlace, {.body = R"({"customer_id":"c","items":[{"product_id":"p","name":"n",)"
                                    R"("quantity":-1,"unit_price_cents":1}]})"}),
            "-2 items[0].quantity: expected unsigned integer in range, found -1 (byte 68)");
}

TEST_F(OrdersRoutes, AnswerWithTheOutcome) {
  EXPECT_EQ(reply(kPlace, OrderPlaced{kId, "c", {{"p", "n", 1, 2}}, 2, Status::kPlaced}),
            "201\nLocation: " + kId + "\n" + R"({"order_id":")" + kId +
                R"(","status":"placed","total_cents":2})");
  EXPECT_EQ(reply(kCancel, OrderCancelled{kId, "r"}),
            "200\n"
            R"({"order_id":")" +
                kId + R"(","status":"cancelled","reason":"r"})");
  EXPECT_EQ(reply(kShip, OrderShipped{kId, "t"}),
            "200\n"
            R"({"order_id":")" +
                kId + R"(","status":"shipped","tracking_number":"t"})");
}

TEST_F(OrdersRoutes, ShowTheWholeOrder) {
  evolve(OrderPlaced{kId, "c", {{"p", "n", 1, 2}}, 2, Status::kPlaced});
  const std::string head = R"({"order_id":")" + kId + R"(","customer_id":"c","status":")";
  const std::string items =
      R"(,"items":[{"product_id":"p","name":"n","quantity":1,"unit_price_cents":2}],"total_cents":2)"
      R"(,"created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:0)";
  EXPECT_EQ(read(kId), head + "placed\"" + items + "0.000Z\"}");
  evolve(OrderShipped{kId, "t"});
  EXPECT_EQ(read(kId), head + "shipped\"" + items + R"(1.000Z","tracking_number":"t",)" +
                           R"("shipped_at":"2026-01-01T00:00:01.000Z"})");
}

TEST_F(OrdersRoutes, KnowNoOrderOfAnotherId) {
  for (const char* id :
       {"", "nope", "order-", "\xff", "ORDER-01890000-0000-7000-8000-000000000001"}) {
    EXPECT_EQ(read(id), "-7 no order has this id") << id;
  }
}

TEST_F(OrdersRoutes, RefusalsHaveTheirWords) {
  EXPECT_EQ(explained(OrderNotFound{"o"}), "404 NOT_FOUND : order o does not exist");
  EXPECT_EQ(explained(InvalidOrderState{"o", Status::kShipped}),
            "400 INVALID_ORDER_STATE : order o is shipped, it must be placed for this");
  EXPECT_EQ(explained(OrderValidationFailed{"must not be blank", "items[0].name"}),
            "422 VALIDATION_ERROR items[0].name: must not be blank");
}

}  // namespace
