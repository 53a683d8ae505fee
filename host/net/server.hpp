// A Server is the public server: loops, their listeners, routers and connections.
//
// Start it, listen, and set the routes as domains come up. At the end drain it, close the
// WebSockets, and stop it. The app's main thread calls it; [any] where it says so.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "http/failure_log.hpp"
#include "http/health.hpp"
#include "http/http_options.hpp"
#include "http/public_router.hpp"
#include "http/store_routes.hpp"
#include "net/body_budget.hpp"
#include "net/http_sessions.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/loop_scheduler.hpp"
#include "net/websocket_acceptor.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {

// The dependencies of a server; all outlive it.
struct ServerParts {
  RouteHandler* handler = nullptr;
  HealthSource* health = nullptr;
  Clock* clock = nullptr;
  Rng* rng = nullptr;
  FailureLog* log = nullptr;  // may be null
  // Makes a loop's WebSocket hub, before the loop starts; may be empty. Destroyed after the loop
  // has stopped.
  std::function<std::unique_ptr<WebsocketAcceptor>(Loop&)> websockets;
  std::function<void()> out_of_descriptors;  // [loop] may be empty
  std::function<std::string()> metrics;      // [loop] of /metrics; empty: not served here
  Counter* bodies_refused = nullptr;         // may be null
};

class Server {
 public:
  Server(ServerParts parts, HttpOptions options, std::uint32_t loops);
  ~Server();  // stops

  // Starts the loops; from here on the scheduler works.
  void start();
  // Listens at all addresses, on every loop, or at none. Addresses with port 0 get the same free
  // port. The accepted Host headers depend on the addresses, so call it once.
  absl::Status listen(std::vector<ListenAddress> addresses);
  std::uint16_t port() const { return port_; }  // of the first address
  // Requests from now on use `table`. Returns when every loop has it.
  void set_routes(std::shared_ptr<const RouteTable> table);

  // Readiness goes 503 and answers close their connections; after `delay_ms` the listeners close;
  // returns when the last request is answered, or after `timeout_ms`, with the number of
  // connections that are left.
  std::size_t drain(std::int64_t delay_ms, std::int64_t timeout_ms);
  // Closes all WebSockets and returns when they are closed, or after `timeout_ms`.
  std::size_t close_websockets(std::uint16_t code, std::string_view reason,
                               std::int64_t timeout_ms);
  // Ends the threads. No route may hold a request any more when the server is destroyed.
  void stop();

  Scheduler& scheduler() { return scheduler_; }
  const std::vector<Loop*>& loops() const { return loop_pointers_; }
  const BodyBudget& bodies() const { return bodies_; }                         // [any]
  bool draining() const { return draining_.load(std::memory_order_relaxed); }  // [any]

 private:
  // Reports that the host drains; otherwise what the app reports.
  class DrainingHealth final : public HealthSource {
   public:
    DrainingHealth(HealthSource& inner, const std::atomic<bool>& draining)
        : inner_(inner), draining_(draining) {}
    Readiness readiness() override {
      return draining_.load(std::memory_order_relaxed) ? Readiness::kDraining : inner_.readiness();
    }
    HealthReport report() override { return inner_.report(); }

   private:
    HealthSource& inner_;
    const std::atomic<bool>& draining_;
  };

  // Everything of one loop; members in the order in which they need each other.
  struct PerLoop {
    std::unique_ptr<Loop> loop;
    std::unique_ptr<WebsocketAcceptor> websockets;
    std::unique_ptr<PublicRouter> router;
    std::unique_ptr<HttpSessions> sessions;
    std::vector<std::unique_ptr<Listener>> listeners;
  };

  std::vector<Loop*> make_loops();
  void make_parts(PerLoop& at);
  absl::Status bind_all(std::vector<ListenAddress>& addresses,
                        std::vector<std::vector<UniqueFd>>& sockets);
  void on_every_loop(const std::function<void(PerLoop&)>& task);

  const ServerParts parts_;
  HttpOptions options_;
  BodyBudget bodies_;
  std::atomic<bool> draining_{false};
  DrainingHealth health_;
  std::vector<PerLoop> per_loop_;
  std::vector<Loop*> loop_pointers_;
  LoopScheduler scheduler_;
  std::uint16_t port_ = 0;
  bool running_ = false;
};

}  // namespace composable::host
