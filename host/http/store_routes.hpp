// A RouteHandler is the one call from HTTP into the stores.
#pragma once
#include "http/exchange.hpp"
#include "http/route_table.hpp"
#include "store/waiter.hpp"

namespace composable::host {

// Answers the routes of domains; tests have their own. [loop]
class RouteHandler {
 public:
  virtual ~RouteHandler() = default;
  // As Store::call: `request` and `reply` stay until the reply has ended.
  virtual void call(const RouteTarget& target, const composable_request& request,
                    const Caller& caller, RouteReply& reply) = 0;
};

// StoreRoutes is the handler in production.
class StoreRoutes final : public RouteHandler {
 public:
  void call(const RouteTarget& target, const composable_request& request, const Caller& caller,
            RouteReply& reply) override;
};

}  // namespace composable::host
