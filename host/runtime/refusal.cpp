#include "runtime/refusal.hpp"

#include <utility>

#include "runtime/http_status.hpp"

namespace composable::host {
namespace {

Refusal of_status(std::uint16_t status, std::string message, std::string path = {},
                  std::string detail = {}) {
  return {.status = status,
          .code = std::string(error_code_of(status)),
          .message = std::move(message),
          .path = std::move(path),
          .detail = std::move(detail)};
}

}  // namespace

Refusal bad_request(std::string message, std::string path) {
  return of_status(400, std::move(message), std::move(path));
}

Refusal unauthorized(std::string message) { return of_status(401, std::move(message)); }

Refusal forbidden(std::string message, std::string path) {
  return of_status(403, std::move(message), std::move(path));
}

Refusal not_found(std::string message, std::string path) {
  return of_status(404, std::move(message), std::move(path));
}

Refusal method_not_allowed(std::string message) { return of_status(405, std::move(message)); }

Refusal request_timeout(std::string message) { return of_status(408, std::move(message)); }

Refusal conflict(std::string message) { return of_status(409, std::move(message)); }

Refusal payload_too_large(std::string message) { return of_status(413, std::move(message)); }

Refusal uri_too_long(std::string message) { return of_status(414, std::move(message)); }

Refusal unsupported_media_type(std::string message) { return of_status(415, std::move(message)); }

Refusal upgrade_required(std::string message) { return of_status(426, std::move(message)); }

Refusal rate_limited(std::string message) { return of_status(429, std::move(message)); }

Refusal headers_too_large(std::string message) { return of_status(431, std::move(message)); }

Refusal internal_error(std::string detail) {
  return of_status(500, "An internal error occurred", {}, std::move(detail));
}

Refusal not_implemented(std::string message) { return of_status(501, std::move(message)); }

Refusal unavailable(std::string message, std::string detail) {
  Refusal refusal = of_status(503, std::move(message), {}, std::move(detail));
  refusal.retry_after_s = 1;
  return refusal;
}

Refusal http_version_not_supported(std::string message) {
  return of_status(505, std::move(message));
}

Refusal timed_out(std::string message, std::string detail) {
  return of_status(504, std::move(message), {}, std::move(detail));
}

}  // namespace composable::host
