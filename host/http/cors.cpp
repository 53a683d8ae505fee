#include "http/cors.hpp"

#include "http/origin.hpp"

namespace composable::host {

bool Cors::is_listed(std::string_view origin) const {
  return is_listed_origin(origin, options_->allowed_origins);
}

void Cors::annotate(const RequestView& request, ResponseWriter& response) const {
  if (options_->allowed_origins.empty()) return;
  response.host_header("Vary", "Origin");
  const auto origin = request.header("origin");
  if (!origin || !is_listed(*origin)) return;
  response.host_header("Access-Control-Allow-Origin", *origin);
  response.host_header("Access-Control-Expose-Headers",
                       "X-Correlation-ID, X-Composable-Position, Location, Retry-After");
}

bool Cors::is_preflight(const RequestView& request) {
  return request.method() == Method::kOptions && request.header("origin") &&
         request.header("access-control-request-method");
}

void Cors::annotate_preflight(const RequestView& request, ResponseWriter& response) const {
  const auto origin = request.header("origin");
  if (!origin || !is_listed(*origin)) return;
  response.host_header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  response.host_header("Access-Control-Allow-Headers",
                       "Content-Type, Authorization, X-Correlation-ID, Idempotency-Key, "
                       "traceparent");
  response.host_header("Access-Control-Max-Age", "600");
}

}  // namespace composable::host
