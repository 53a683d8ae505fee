// The HTTP face of the orders domain, relative to where the host mounts it (/api/v1/orders).
#include "composable/routes.hpp"

#include "reducer.hpp"

namespace orders {

// Bodies of the replies. Not in an anonymous namespace: their names are taken from the compiler.
namespace reply {

struct Placed {
  std::string order_id;
  Status status;
  std::int64_t total_cents;
};
struct Cancelled {
  std::string order_id;
  Status status;
  std::string reason;
};
struct Shipped {
  std::string order_id;
  Status status;
  std::string tracking_number;
};

}  // namespace reply

composable::Routes<Orders> Orders::routes() {
  using composable::get;
  using composable::post;
  using composable::Request;

  constexpr auto placed = [](const OrderPlaced& e, composable::Response& response) {
    response.location(e.order_id);
    return reply::Placed{e.order_id, e.status, e.total_cents};
  };
  constexpr auto cancelled = [](const OrderCancelled& e) {
    return reply::Cancelled{e.order_id, Status::kCancelled, e.reason};
  };
  constexpr auto shipped = [](const OrderShipped& e) {
    return reply::Shipped{e.order_id, Status::kShipped, e.tracking_number};
  };
  constexpr auto read = [](const State& s, const Request& r) -> composable::Reply<const Order*> {
    if (const Order* order = s.find(std::string(r.param("id")))) return order;
    return composable::NotFound{"no order has this id"};
  };

  return {post<PlaceOrder>("").replies<OrderPlaced>(201, placed),
          post<CancelOrder>("/:id/cancel").body_optional().replies<OrderCancelled>(200, cancelled),
          post<ShipOrder>("/:id/ship").replies<OrderShipped>(200, shipped), get("/:id", read)};
}

}  // namespace orders
