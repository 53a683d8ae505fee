// A WebsocketAcceptor takes over connections that have become WebSockets: the hub of a loop, or a
// test's double. [loop]
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/transport.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

// What the HTTP side passes on with a connection.
struct WebsocketOpening {
  std::string client_key;      // the client's Sec-WebSocket-Key, to be answered
  std::string subprotocol;     // the one spoken; empty: none was asked for
  std::string domain;          // whose events and commands; empty: all
  std::string remote_address;  // the client's, behind trusted proxies
  bool remote_is_loopback = false;
  std::string leftover;        // bytes already read after the request
  std::string correlation_id;  // of the upgrade, for its answer; empty: none
};

class WebsocketAcceptor {
 public:
  virtual ~WebsocketAcceptor() = default;
  // Called before open(): returns nothing, or why this client may not open another socket now, to
  // be answered over HTTP.
  virtual std::optional<Refusal> admit(const WebsocketOpening& opening) = 0;
  // Answers the upgrade with 101 and serves the connection.
  virtual void open(std::unique_ptr<Transport> transport, WebsocketOpening opening) = 0;
  // Closes all sockets with a close frame; what was broadcast before is sent first. admit() refuses
  // from now on.
  virtual void close_all(std::uint16_t code, std::string_view reason) = 0;
  // Calls `task` once, when there is no socket any more; now, maybe.
  virtual void when_empty(std::function<void()> task) = 0;
  virtual std::size_t connections() const = 0;  // [any]
};

}  // namespace composable::host
