#include "http/store_routes.hpp"

#include "store/store.hpp"

namespace composable::host {

void StoreRoutes::call(const RouteTarget& target, const composable_request& request,
                       const Caller& caller, RouteReply& reply) {
  target.store->call(target.number, request, caller, reply);
}

}  // namespace composable::host
