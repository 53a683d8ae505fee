// What the orders domain remembers: every order, as a GET shows it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actions.hpp"
#include "composable/values.hpp"

namespace orders {

struct Order {
  std::string order_id;
  std::string customer_id;
  Status status = Status::kPlaced;
  std::vector<Item> items;
  std::int64_t total_cents = 0;
  composable::Timestamp created_at;
  composable::Timestamp updated_at;
  std::optional<std::string> tracking_number;  // shipped orders
  std::optional<composable::Timestamp> shipped_at;
  std::optional<std::string> reason;  // cancelled orders
  std::optional<composable::Timestamp> cancelled_at;
};

struct State {
  std::unordered_map<std::string, Order> orders;  // by order_id

  const Order* find(const std::string& order_id) const {
    const auto found = orders.find(order_id);
    return found == orders.end() ? nullptr : &found->second;
  }
};

}  // namespace orders
