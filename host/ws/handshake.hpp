// The WebSocket upgrade's arithmetic (RFC 6455, 4.2.2). Called where the upgrade request is read.
// Any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host {

// Whether it is what Sec-WebSocket-Key must be: 16 octets in base64.
bool valid_websocket_key(std::string_view key);

// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
std::string websocket_accept_key(std::string_view key);

}  // namespace composable::host
