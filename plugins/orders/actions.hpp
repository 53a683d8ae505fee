// What the orders domain understands: commands, the events they lead to, and its refusals.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "composable/kind.hpp"
#include "composable/values.hpp"

namespace orders {

enum class Status : std::uint8_t { kPlaced, kShipped, kCancelled };

struct Item {
  std::string product_id;
  std::string name;
  std::uint32_t quantity = 0;
  std::int64_t unit_price_cents = 0;
};

// --- commands -----------------------------------------------------------------------------------

struct PlaceOrder {
  static constexpr auto kind = composable::command().ws();
  std::string customer_id;
  std::vector<Item> items;
};
struct CancelOrder {
  static constexpr auto kind = composable::command().ws();
  std::string order_id;
  std::optional<std::string> reason;
};
struct ShipOrder {
  static constexpr auto kind = composable::command().ws();
  std::string order_id;
  std::string tracking_number;
};

// --- events, as they are stored -----------------------------------------------------------------

struct OrderPlaced {
  static constexpr auto kind = composable::event().is_public();
  std::string order_id;
  std::string customer_id;
  std::vector<Item> items;
  std::int64_t total_cents = 0;
  Status status = Status::kPlaced;
};
struct OrderCancelled {
  static constexpr auto kind = composable::event().is_public();
  std::string order_id;
  std::string reason;
};
struct OrderShipped {
  static constexpr auto kind = composable::event().is_public();
  std::string order_id;
  std::string tracking_number;
};

// --- rejections ---------------------------------------------------------------------------------

struct OrderNotFound {
  static constexpr auto kind =
      composable::rejection(404, "NOT_FOUND", "order {order_id} does not exist");
  std::string order_id;
};
struct InvalidOrderState {
  static constexpr auto kind =
      composable::rejection(400, "INVALID_ORDER_STATE",
                            "order {order_id} is {current_status}, it must be placed for this");
  std::string order_id;
  Status current_status = Status::kPlaced;
};
struct OrderValidationFailed {
  static constexpr auto kind = composable::rejection(422, "VALIDATION_ERROR", "{error}").at("path");
  std::string error;
  std::string path;
};

using Action = std::variant<PlaceOrder, CancelOrder, ShipOrder, OrderPlaced, OrderCancelled,
                            OrderShipped, OrderNotFound, InvalidOrderState, OrderValidationFailed>;

}  // namespace orders
