// A FailureLog receives the requests that failed through a fault of the host or a plugin, with the
// detail that the client does not get.
#pragma once
#include <cstdint>
#include <string_view>

#include "runtime/uuid.hpp"

namespace composable::host {

struct FailedRequest {
  std::uint32_t status = 0;  // 500..599
  std::string_view code;
  std::string_view detail;        // not sent to a client with a 500
  std::string_view method, path;  // no query: it may hold secrets
  // Of the route: `orders`, or `orders.PlaceOrder` for a command, and its template. Empty: none was
  // chosen.
  std::string_view owner, route;
  bool by_client = false;  // the host does not serve what was requested
  Uuid correlation;
};

class FailureLog {
 public:
  virtual ~FailureLog() = default;
  // [any] The views are valid for the call; must not block for long.
  virtual void failed(const FailedRequest& request) noexcept = 0;
};

}  // namespace composable::host
