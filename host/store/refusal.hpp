// Why a call did not end well, as a client is told: the same thing over HTTP and WebSocket.
#pragma once
#include <cstdint>
#include <string>

namespace composable::host {

struct Refusal {
  std::uint16_t status = 500;  // HTTP
  std::string code;            // BAD_REQUEST, INVALID_ORDER_STATE, …
  std::string message;
  std::string path;            // place in the input, empty when none
  std::uint32_t retry_after_s = 0;  // 0: no Retry-After
};

}  // namespace composable::host
