// An AdminListener serves the admin pages: on a Unix socket in the data directory and, on request,
// on TCP with a token. It has a thread of its own, so that its handlers may wait for the loops of
// the public server.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "http/admin_router.hpp"
#include "http/failure_log.hpp"
#include "http/http_options.hpp"
#include "net/body_budget.hpp"
#include "net/http_sessions.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/websocket_acceptor.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {

// Its dependencies; all outlive it.
struct AdminParts {
  Clock* clock = nullptr;
  Rng* rng = nullptr;
  FailureLog* log = nullptr;  // may be null
  // Makes the hub of its WebSockets, before its loop starts; may be empty.
  std::function<std::unique_ptr<WebsocketAcceptor>(Loop&)> websockets = nullptr;
};

struct AdminOptions {
  std::string data_directory;        // for admin.sock and admin.token
  std::optional<ListenAddress> tcp;  // only with a token
  HttpLimits limits;
};

// The token in `path`; a new one of 32 random bytes in hex, mode 0600, when there is no such file.
// Refuses a file that others may read. [any]
absl::StatusOr<std::string> read_or_create_token(const std::string& path);

class AdminListener {
 public:
  AdminListener(AdminParts parts, AdminOptions options, AdminRoutes routes);
  ~AdminListener();  // stops, and removes the socket's file

  absl::Status start();
  void stop();
  std::uint16_t tcp_port() const { return tcp_port_; }  // 0: no TCP
  const std::string& socket_path() const { return socket_path_; }

 private:
  void listen(UniqueFd socket, int family);

  const AdminParts parts_;
  const AdminOptions options_;
  HttpOptions http_options_;
  AdminRoutes routes_;
  std::string socket_path_;
  std::uint16_t tcp_port_ = 0;
  bool started_ = false;
  BodyBudget bodies_;
  Loop loop_;
  std::unique_ptr<WebsocketAcceptor> websockets_;
  std::unique_ptr<AdminRouter> router_;
  std::unique_ptr<HttpSessions> sessions_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace composable::host
