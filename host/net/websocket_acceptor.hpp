// Who takes over a connection that has become a WebSocket: the hub of its loop, or a test's stand-
// in. [loop]
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "net/asio.hpp"
#include "net/websocket_hub.hpp"
#include "store/refusal.hpp"

namespace composable::host {

class WebsocketAcceptor {
 public:
  virtual ~WebsocketAcceptor() = default;
  // Asked first; a refusal is answered over HTTP.
  virtual std::optional<Refusal> admit(const WebsocketOpening& opening) = 0;
  // The answer 101 is not sent yet. The socket is non-blocking.
  virtual void open(tcp::socket socket, WebsocketOpening opening) = 0;
  virtual void close_all(std::uint16_t code, std::string_view reason) = 0;
  virtual std::size_t connections() const = 0;
};

// The hub of a loop as the acceptor of its sessions; owns it.
template <typename Hub>
class HubAcceptor final : public WebsocketAcceptor {
 public:
  explicit HubAcceptor(std::unique_ptr<Hub> hub) : hub_(std::move(hub)) {}

  std::optional<Refusal> admit(const WebsocketOpening& opening) override {
    return hub_->admit(opening);
  }
  void open(tcp::socket socket, WebsocketOpening opening) override {
    hub_->open(std::move(socket), std::move(opening));
  }
  void close_all(std::uint16_t code, std::string_view reason) override {
    hub_->close_all(code, reason);
  }
  std::size_t connections() const override { return hub_->connections(); }

 private:
  std::unique_ptr<Hub> hub_;
};

}  // namespace composable::host
