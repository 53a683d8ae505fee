// What a connection brings along when it becomes a WebSocket.
#pragma once
#include <string>

namespace composable::host {

struct WebsocketOpening {
  std::string accept_key;   // the client's Sec-WebSocket-Key
  std::string subprotocol;  // to be echoed; empty: none
  std::string domain;       // empty: all
  std::string actor;        // empty: nobody known
  std::string remote_address;
  bool remote_is_loopback = false;
  std::string leftover;        // bytes that came after the handshake
  std::string correlation_id;  // of the handshake, for its answer
};

}  // namespace composable::host
