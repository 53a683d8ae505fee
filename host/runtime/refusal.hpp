// A Refusal says why a call failed, in the words of a client's error: the same over HTTP and
// WebSocket. A value; any thread.
#pragma once
#include <cstdint>
#include <string>

namespace composable::host {

struct Refusal {
  std::uint16_t status = 500;  // HTTP
  std::string code;            // BAD_REQUEST, INVALID_ORDER_STATE, …
  std::string message;
  std::string path;                 // place in the input, empty when none
  std::uint32_t retry_after_s = 0;  // 0: no Retry-After
  std::string detail;               // for the log, with the correlation id; never sent to a client

  // The detail, or the message when there is none.
  const std::string& reason_for_log() const { return detail.empty() ? message : detail; }
};

// Each with the code of its status, error_code_of().
Refusal bad_request(std::string message, std::string path = {});    // 400
Refusal unauthorized(std::string message);                          // 401
Refusal forbidden(std::string message, std::string path = {});      // 403
Refusal not_found(std::string message, std::string path = {});      // 404
Refusal method_not_allowed(std::string message);                    // 405
Refusal request_timeout(std::string message);                       // 408
Refusal conflict(std::string message);                              // 409
Refusal payload_too_large(std::string message);                     // 413
Refusal uri_too_long(std::string message);                          // 414
Refusal unsupported_media_type(std::string message);                // 415
Refusal upgrade_required(std::string message);                      // 426
Refusal rate_limited(std::string message);                          // 429
Refusal headers_too_large(std::string message);                     // 431
Refusal internal_error(std::string detail);                         // 500
Refusal not_implemented(std::string message);                       // 501
Refusal unavailable(std::string message, std::string detail = {});  // 503, after a second
Refusal http_version_not_supported(std::string message);            // 505
Refusal timed_out(std::string message, std::string detail = {});    // 504

}  // namespace composable::host
