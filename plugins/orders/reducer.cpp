#include "reducer.hpp"

#include <string>
#include <string_view>

#include "composable/text.hpp"

namespace orders {
namespace {

using composable::append;
using composable::reject;

constexpr std::size_t kMostItems = 1000;
constexpr std::size_t kLongestText = 255;                            // bytes
constexpr std::int64_t kLargestTotal = (std::int64_t{1} << 53) - 1;  // exact in every JSON reader

using Violation = std::optional<OrderValidationFailed>;

Violation check_text(const std::string& text, std::string path) {
  if (composable::is_blank(text)) {
    return OrderValidationFailed{"must not be blank", std::move(path)};
  }
  if (text.size() > kLongestText) {
    return OrderValidationFailed{"must be at most 255 bytes, found " + std::to_string(text.size()),
                                 std::move(path)};
  }
  return {};
}

Violation check_item(const Item& item, std::size_t index) {
  const std::string place = "items[" + std::to_string(index) + "].";
  if (auto wrong = check_text(item.product_id, place + "product_id")) return wrong;
  if (auto wrong = check_text(item.name, place + "name")) return wrong;
  if (item.quantity < 1) {
    return OrderValidationFailed{"must be at least 1, found 0", place + "quantity"};
  }
  if (item.unit_price_cents < 0) {
    return OrderValidationFailed{
        "must be at least 0, found " + std::to_string(item.unit_price_cents),
        place + "unit_price_cents"};
  }
  return {};
}

Violation check_items(const std::vector<Item>& items) {
  if (items.empty()) return OrderValidationFailed{"must have at least one item", "items"};
  if (items.size() > kMostItems) {
    return OrderValidationFailed{
        "must have at most 1000 items, found " + std::to_string(items.size()), "items"};
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto wrong = check_item(items[i], i)) return wrong;
  }
  return {};
}

// The sum of checked items, or nothing when it is beyond kLargestTotal.
std::optional<std::int64_t> total_of(const std::vector<Item>& items) {
  std::int64_t total = 0;
  for (const Item& item : items) {
    if (item.unit_price_cents > (kLargestTotal - total) / item.quantity) return {};
    total += item.unit_price_cents * item.quantity;
  }
  return total;
}

}  // namespace

Orders::Effects Orders::decide(const State&, const PlaceOrder& place, const Context& context) {
  if (auto wrong = check_text(place.customer_id, "customer_id")) return reject(*wrong);
  if (auto wrong = check_items(place.items)) return reject(*wrong);
  const auto total = total_of(place.items);
  if (!total) {
    return reject(OrderValidationFailed{"must come to at most 2^53-1 cents in all", "items"});
  }
  const std::string id = "order-" + context.uuid7();
  return append(id, OrderPlaced{id, place.customer_id, place.items, *total, Status::kPlaced})
      .expecting_none();
}

Orders::Effects Orders::decide(const State& state, const CancelOrder& cancel, const Context&) {
  const Order* order = state.find(cancel.order_id);
  if (order == nullptr) return reject(OrderNotFound{cancel.order_id});
  if (order->status != Status::kPlaced) {
    return reject(InvalidOrderState{cancel.order_id, order->status});
  }
  const std::string reason = cancel.reason.value_or("Cancelled by customer");
  if (auto wrong = check_text(reason, "reason")) return reject(*wrong);
  return append(cancel.order_id, OrderCancelled{cancel.order_id, reason});
}

Orders::Effects Orders::decide(const State& state, const ShipOrder& ship, const Context&) {
  const Order* order = state.find(ship.order_id);
  if (order == nullptr) return reject(OrderNotFound{ship.order_id});
  if (order->status != Status::kPlaced) {
    return reject(InvalidOrderState{ship.order_id, order->status});
  }
  if (auto wrong = check_text(ship.tracking_number, "tracking_number")) return reject(*wrong);
  return append(ship.order_id, OrderShipped{ship.order_id, ship.tracking_number});
}

void Orders::evolve(State& state, const OrderPlaced& placed, const Context& context) {
  Order& order = state.orders[placed.order_id];
  order.order_id = placed.order_id;
  order.customer_id = placed.customer_id;
  order.status = placed.status;
  order.items = placed.items;
  order.total_cents = placed.total_cents;
  order.created_at = order.updated_at = context.recorded_at();
}

void Orders::evolve(State& state, const OrderCancelled& cancelled, const Context& context) {
  Order& order = state.orders.at(cancelled.order_id);
  order.status = Status::kCancelled;
  order.reason = cancelled.reason;
  order.cancelled_at = order.updated_at = context.recorded_at();
}

void Orders::evolve(State& state, const OrderShipped& shipped, const Context& context) {
  Order& order = state.orders.at(shipped.order_id);
  order.status = Status::kShipped;
  order.tracking_number = shipped.tracking_number;
  order.shipped_at = order.updated_at = context.recorded_at();
}

}  // namespace orders
