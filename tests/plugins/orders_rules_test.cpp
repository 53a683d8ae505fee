// The rules of orders: what is placed, shipped, cancelled and refused.
#include <gtest/gtest.h>

#include <cctype>

#include "composable/testing/test_store.hpp"
#include "reducer.hpp"

namespace {

using namespace orders;
using namespace std::chrono_literals;
using Store = composable::testing::TestStore<Orders>;

const std::string kId = "order-01890000-0000-7000-8000-000000000001";

PlaceOrder place() { return {"cust-1", {{"p1", "Widget", 2, 1000}, {"p2", "Nut", 3, 5}}}; }
OrderPlaced placed(const std::string& id = kId) {
  return {id, "cust-1", {{"p1", "Widget", 2, 1000}, {"p2", "Nut", 3, 5}}, 2015, Status::kPlaced};
}

TEST(PlacingAnOrder, AppendsItToAStreamOfItsOwn) {
  Store store;
  store.send(place());
  const auto event = store.pending<OrderPlaced>();
  ASSERT_TRUE(event.has_value());
  store.appended(event->order_id, placed(event->order_id)).state([&](State& s) {
    s.orders[event->order_id] = {event->order_id,
                                 "cust-1",
                                 Status::kPlaced,
                                 place().items,
                                 2015,
                                 store.now(),
                                 store.now(),
                                 {},
                                 {},
                                 {},
                                 {}};
  });
}

TEST(PlacingAnOrder, ExpectsThatItsStreamIsNew) {
  composable_context raw{};
  composable::testing::Recorder recorder(composable::domain_table<Orders>());
  composable_error error = composable::no_error();
  Orders::decide({}, place(), composable::Context(raw)).emit(recorder.sink(), &error);
  ASSERT_EQ(recorder.effects().size(), 1u);
  EXPECT_EQ(recorder.effects()[0].expected, COMPOSABLE_EXPECT_NONE);
}

TEST(PlacingAnOrder, GivesItAnIdMadeOfTheTime) {
  composable_context raw{};
  raw.recorded_at_us = 1'767'225'600'123'456;
  composable::testing::Recorder recorder(composable::domain_table<Orders>());
  composable_error error = composable::no_error();
  Orders::decide({}, place(), composable::Context(raw)).emit(recorder.sink(), &error);
  const std::string id = recorder.effects().at(0).name;
  EXPECT_EQ(id.substr(0, 21), "order-019b76da-a87b-7");
  EXPECT_EQ(id.size(), 42u);
}

struct Violation {
  const char* what;
  PlaceOrder order;
  const char* error;
  const char* path;
};

std::vector<Violation> violations() {
  const std::string long_text(256, 'x');
  const auto with = [](auto edit) {
    PlaceOrder order = place();
    edit(order);
    return order;
  };
  const std::int64_t most = (std::int64_t{1} << 53) - 1;
  return {
      {"no customer", with([](auto& o) { o.customer_id = ""; }), "must not be blank",
       "customer_id"},
      {"a blank customer", with([](auto& o) { o.customer_id = " \t\n"; }), "must not be blank",
       "customer_id"},
      {"a customer of wide and of no width", with([](auto& o) { o.customer_id = "\u3000\u200b"; }),
       "must not be blank", "customer_id"},
      {"a customer of NUL", with([](auto& o) { o.customer_id = std::string(3, '\0'); }),
       "must not be blank", "customer_id"},
      {"a long customer", with([&](auto& o) { o.customer_id = long_text; }),
       "must be at most 255 bytes, found 256", "customer_id"},
      {"no item", with([](auto& o) { o.items.clear(); }), "must have at least one item", "items"},
      {"1001 items", with([](auto& o) { o.items.resize(1001, o.items[0]); }),
       "must have at most 1000 items, found 1001", "items"},
      {"a blank product", with([](auto& o) { o.items[1].product_id = " "; }), "must not be blank",
       "items[1].product_id"},
      {"a long product", with([&](auto& o) { o.items[1].product_id = long_text; }),
       "must be at most 255 bytes, found 256", "items[1].product_id"},
      {"a blank name", with([](auto& o) { o.items[0].name = ""; }), "must not be blank",
       "items[0].name"},
      {"a long name", with([&](auto& o) { o.items[0].name = long_text; }),
       "must be at most 255 bytes, found 256", "items[0].name"},
      {"a quantity of 0", with([](auto& o) { o.items[1].quantity = 0; }),
       "must be at least 1, found 0", "items[1].quantity"},
      {"a negative price", with([](auto& o) { o.items[1].unit_price_cents = -1; }),
       "must be at least 0, found -1", "items[1].unit_price_cents"},
      {"a total that is too large", with([&](auto& o) { o.items[0].unit_price_cents = most; }),
       "must come to at most 2^53-1 cents in all", "items"},
      {"a total that would wrap round", with([](auto& o) {
         o.items[0].quantity = 4;
         o.items[0].unit_price_cents = std::int64_t{1} << 62;
       }),
       "must come to at most 2^53-1 cents in all", "items"},
  };
}

TEST(PlacingAnOrder, IsRefusedWithThePlace) {
  for (const auto& [what, order, error, path] : violations()) {
    SCOPED_TRACE(what);
    Store store;
    store.send(order).rejected(OrderValidationFailed{error, path});
  }
}

TEST(PlacingAnOrder, TakesTheLargestThatIsAllowed) {
  const std::string most_text(255, 'y');
  const std::int64_t most = (std::int64_t{1} << 53) - 1;
  PlaceOrder order{most_text, std::vector<Item>(1000, {most_text, most_text, 1, 0})};
  order.items[0].unit_price_cents = most;
  Store store;
  store.send(order);
  ASSERT_TRUE(store.pending<OrderPlaced>().has_value());
  const OrderPlaced event = *store.pending<OrderPlaced>();
  EXPECT_EQ(event.total_cents, most);
  const Order expected{event.order_id,
                       most_text,
                       Status::kPlaced,
                       order.items,
                       most,
                       store.now(),
                       store.now(),
                       {},
                       {},
                       {},
                       {}};
  store.appended(event.order_id, event).state([&](State& s) {
    s.orders[event.order_id] = expected;
  });
}

TEST(ShippingAnOrder, MovesItToShipped) {
  Store store;
  store.given(kId, placed());
  store.advance(1h);
  store.send(ShipOrder{kId, "TRACK1"})
      .appended(kId, OrderShipped{kId, "TRACK1"})
      .state([&](State& s) {
        s.orders[kId].status = Status::kShipped;
        s.orders[kId].tracking_number = "TRACK1";
        s.orders[kId].shipped_at = s.orders[kId].updated_at = store.now();
      });
}

TEST(ShippingAnOrder, NeedsATrackingNumber) {
  Store store;
  store.given(kId, placed());
  store.send(ShipOrder{kId, "  "})
      .rejected(OrderValidationFailed{"must not be blank", "tracking_number"});
  store.send(ShipOrder{kId, std::string(256, 'x')})
      .rejected(OrderValidationFailed{"must be at most 255 bytes, found 256", "tracking_number"});
}

TEST(CancellingAnOrder, KeepsTheReason) {
  Store store;
  store.given(kId, placed());
  store.send(CancelOrder{kId, "no stock"})
      .appended(kId, OrderCancelled{kId, "no stock"})
      .state([&](State& s) {
        s.orders[kId].status = Status::kCancelled;
        s.orders[kId].reason = "no stock";
        s.orders[kId].cancelled_at = store.now();
      });
}

TEST(CancellingAnOrder, WithoutAReasonIsTheCustomers) {
  Store store;
  store.given(kId, placed());
  store.send(CancelOrder{kId, {}})
      .appended(kId, OrderCancelled{kId, "Cancelled by customer"})
      .state([&](State& s) {
        s.orders[kId].status = Status::kCancelled;
        s.orders[kId].reason = "Cancelled by customer";
        s.orders[kId].cancelled_at = store.now();
      });
}

TEST(CancellingAnOrder, RefusesABlankReason) {
  Store store;
  store.given(kId, placed());
  store.send(CancelOrder{kId, " "}).rejected(OrderValidationFailed{"must not be blank", "reason"});
}

TEST(AnOrderThatIsNotPlaced, IsNeitherShippedNorCancelled) {
  Store store;
  store.given(kId, placed()).given(kId, OrderShipped{kId, "T"});
  store.send(CancelOrder{kId, {}}).rejected(InvalidOrderState{kId, Status::kShipped});
  store.send(ShipOrder{kId, "T2"}).rejected(InvalidOrderState{kId, Status::kShipped});

  Store other;
  other.given(kId, placed()).given(kId, OrderCancelled{kId, "r"});
  other.send(CancelOrder{kId, {}}).rejected(InvalidOrderState{kId, Status::kCancelled});
  other.send(ShipOrder{kId, "T2"}).rejected(InvalidOrderState{kId, Status::kCancelled});
}

TEST(AnUnknownOrder, IsNotFound) {
  Store store;
  store.send(CancelOrder{"nope", {}}).rejected(OrderNotFound{"nope"});
  store.send(ShipOrder{kId, "T"}).rejected(OrderNotFound{kId});
}

}  // namespace
