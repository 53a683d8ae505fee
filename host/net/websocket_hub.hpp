// A WebsocketHub owns the WebSockets of one loop: it takes connections over after their upgrade,
// receives broadcasts for them, and closes them. Every function is for that loop's thread unless
// it says [any]. Destroyed when its loop no longer runs, before the io_context.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fanout/fan_out.hpp"
#include "fanout/inbox.hpp"
#include "net/asio.hpp"
#include "net/background.hpp"
#include "net/websocket_acceptor.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"
#include "runtime/uuid.hpp"
#include "ws/address_counts.hpp"
#include "ws/socket_protocol.hpp"
#include "ws/store_gate.hpp"

namespace composable::host {

class WebsocketSession;

struct WebsocketOptions {
  std::size_t message_bytes = 64 * 1024;
  std::uint32_t messages_per_second = 100;  // per socket
  std::size_t sockets_per_address = 1'000;
  std::size_t sockets_from_loopback = 10'000;
  std::size_t unsent_bytes = 1 << 20;            // replies that one socket has not taken, bytes
  std::int64_t ping_interval_us = 25'000'000;    // two unanswered close
  std::int64_t close_timeout_us = 5'000'000;     // for the peer's part of a close
  std::size_t log_bytes = 8 << 20;               // events kept for slow sockets, per loop
  Uuid epoch;                                    // EventStore::epoch(), for acks
  std::shared_ptr<AddressCounts> addresses;      // one for all loops; null: this loop's own
  std::function<void(const std::string&)> warn;  // a line for the log; may be empty
};

struct WebsocketStats {
  std::size_t connections = 0;
  std::uint64_t messages_in = 0;   // text messages
  std::uint64_t messages_out = 0;  // events, from the shared log
  std::uint64_t lagged = 0;        // events that slow sockets lost
};

class WebsocketHub final : public WebsocketAcceptor,
                           public BroadcastListener,
                           private Background::Task {
 public:
  WebsocketHub(Background& background, BroadcastBus& bus,
               std::shared_ptr<const Catalogue> catalogue, Clock& clock, Rng& rng,
               WebsocketOptions options)
      : WebsocketHub(background, bus, std::make_shared<StoreGate>(std::move(catalogue)), clock, rng,
                     std::move(options)) {}
  WebsocketHub(Background& background, BroadcastBus& bus, std::shared_ptr<CommandGate> gate,
               Clock& clock, Rng& rng, WebsocketOptions options);
  ~WebsocketHub() override;

  std::optional<Refusal> admit(const WebsocketOpening& opening) override;
  void open(std::unique_ptr<Transport> transport, WebsocketOpening opening) override;
  void close_all(std::uint16_t code, std::string_view reason) override;
  void when_empty(std::function<void()> task) override;
  std::size_t connections() const override { return connections_.load(std::memory_order_relaxed); }
  WebsocketStats stats() const;

  void set_catalogue(std::shared_ptr<const Catalogue> catalogue) {
    set_gate(std::make_shared<StoreGate>(std::move(catalogue)));
  }
  void set_gate(std::shared_ptr<CommandGate> gate) { context_.gate = std::move(gate); }

  // Pings that are due, closes that took too long. The hub's own timer calls it every second.
  void sweep();

  void deliver(std::shared_ptr<const BroadcastBatch> batch) override;  // [any]
  bool listening() const override { return connections() > 0; }        // [any]

 private:
  friend class WebsocketSession;

  void take(Inbox::Item& item);
  void take_event(const Broadcast& event, std::int64_t now_us);
  Background::Left run_for(std::int64_t micros) override;
  void keep_sending();
  void start_timer();
  // Forgets a session, once the handlers that run now have returned.
  void retire(std::uint64_t number);
  void warn_of(const WebsocketOpening& opening, std::size_t limit);

  Background& background_;
  BroadcastBus& bus_;
  Clock& clock_;
  WebsocketOptions options_;
  FanOut fan_out_;
  SocketContext context_;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<WebsocketSession>> sessions_;
  std::atomic<std::size_t> connections_{0};
  asio::steady_timer timer_;
  std::string message_;                      // scratch
  std::array<char, 64 * 1024> read_buffer_;  // for bursts; used within one handler only
  std::uint64_t messages_in_ = 0;
  std::int64_t warned_us_ = 0;  // when a warning was last given; 0: never
  bool ticking_ = false;        // the timer is set
  bool draining_ = false;
  std::function<void()> when_empty_;
};

}  // namespace composable::host
