// read_upgrade reads the opening handshake of RFC 6455, up to the point where the connection is
// handed over. Any thread.
#pragma once
#include <optional>
#include <string_view>

#include "http/request_view.hpp"
#include "http/response_writer.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

// Views into the request.
struct UpgradeRequest {
  std::string_view key;          // Sec-WebSocket-Key
  std::string_view subprotocol;  // offered and supported; empty: none
  std::string_view domain;       // empty: all
};

inline constexpr std::string_view kWebsocketSubprotocol = "composable.v1";

// Reads the handshake's headers into `upgrade`. Refuses with 405, 426 or 400 and adds the headers
// such an answer needs.
std::optional<Refusal> read_upgrade(const RequestView& request, UpgradeRequest& upgrade,
                                    ResponseWriter& response);

}  // namespace composable::host
