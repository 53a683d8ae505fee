// websocket_accept_key computes the answer to a WebSocket upgrade (RFC 6455, 4.2.2). Any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host {

// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
std::string websocket_accept_key(std::string_view key);

}  // namespace composable::host
