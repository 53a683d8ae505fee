// Why a call did not end well, as a client is told: the same thing over HTTP and WebSocket. A
// value; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace composable::host {

struct Refusal {
  std::uint16_t status = 500;  // HTTP
  std::string code;            // BAD_REQUEST, INVALID_ORDER_STATE, …
  std::string message;
  std::string path;                 // place in the input, empty when none
  std::uint32_t retry_after_s = 0;  // 0: no Retry-After
  std::string cause;                // for the log, with the correlation id; never told to a client
};

inline Refusal bad_request(std::string message, std::string path = {}) {
  return {400, "BAD_REQUEST", std::move(message), std::move(path)};
}
inline Refusal not_found(std::string message, std::string path = {}) {
  return {404, "NOT_FOUND", std::move(message), std::move(path)};
}
inline Refusal internal_error(std::string cause) {
  return {500, "INTERNAL_SERVER_ERROR", "An internal error occurred", {}, 0, std::move(cause)};
}
inline Refusal unavailable(std::string message, std::string cause = {}) {
  return {503, "SERVICE_UNAVAILABLE", std::move(message), {}, 1, std::move(cause)};
}
inline Refusal timed_out(std::string message, std::string cause = {}) {
  return {504, "TIMEOUT", std::move(message), {}, 0, std::move(cause)};
}

}  // namespace composable::host
