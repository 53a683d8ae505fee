#include "net/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "net/countdown.hpp"
#include "net/plain_transport.hpp"

namespace composable::host {
namespace {

// Port 0 on two addresses: how often a port that is free on the first may be taken on the second.
constexpr int kPortTries = 16;

}  // namespace

Server::Server(ServerParts parts, HttpOptions options, std::uint32_t loops)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      bodies_(options_.limits.bodies_bytes, parts_.bodies_refused),
      health_(*parts_.health, draining_),
      per_loop_(std::clamp<std::size_t>(loops, 1, 256)),
      loop_pointers_(make_loops()),
      scheduler_(loop_pointers_) {
  for (PerLoop& at : per_loop_) make_parts(at);
}

Server::~Server() { stop(); }

std::vector<Loop*> Server::make_loops() {
  std::vector<Loop*> loops;
  for (PerLoop& at : per_loop_) {
    const auto number = static_cast<std::uint32_t>(loops.size());
    at.loop = std::make_unique<Loop>(number, *parts_.clock, options_.limits.tick_ms);
    loops.push_back(at.loop.get());
  }
  return loops;
}

void Server::make_parts(PerLoop& at) {
  if (parts_.websockets) at.websockets = parts_.websockets(*at.loop);
  at.router =
      std::make_unique<PublicRouter>(PublicRouterParts{&options_, parts_.handler, &health_,
                                                       parts_.clock, parts_.rng, parts_.metrics},
                                     RouteTable::Builder().build());
  HttpSessionParts parts;
  parts.loop = at.loop.get();
  parts.router = at.router.get();
  parts.options = &options_;
  parts.clock = parts_.clock;
  parts.rng = parts_.rng;
  parts.bodies = &bodies_;
  parts.log = parts_.log;
  parts.websockets = at.websockets.get();
  at.sessions = std::make_unique<HttpSessions>(parts);
}

void Server::start() {
  for (PerLoop& at : per_loop_) at.loop->start();
  running_ = true;
}

void Server::on_every_loop(const std::function<void(PerLoop&)>& task) {
  for (PerLoop& at : per_loop_) at.loop->run_and_wait([&] { task(at); });
}

absl::Status Server::bind_all(std::vector<ListenAddress>& addresses,
                              std::vector<std::vector<UniqueFd>>& sockets) {
  sockets.clear();
  std::uint16_t free_port = 0;
  for (ListenAddress& address : addresses) {
    const bool any = address.port == 0;
    if (any) address.port = free_port;
    if (absl::Status status = check_free(address); !status.ok()) return status;
    std::vector<UniqueFd>& of_address = sockets.emplace_back();
    while (of_address.size() < per_loop_.size()) {
      auto socket = listen_tcp(address);
      if (!socket.ok()) return socket.status();
      const auto port = bound_port(*socket);
      if (!port.ok()) return port.status();
      address.port = *port;
      if (any) free_port = *port;
      of_address.push_back(std::move(*socket));
    }
  }
  return absl::OkStatus();
}

absl::Status Server::listen(std::vector<ListenAddress> addresses) {
  const std::vector<ListenAddress> wanted = addresses;
  std::vector<std::vector<UniqueFd>> sockets;
  absl::Status status = bind_all(addresses, sockets);
  const bool any = std::any_of(wanted.begin(), wanted.end(), [](auto& a) { return a.port == 0; });
  for (int i = 1; any && absl::IsAlreadyExists(status) && i < kPortTries; ++i) {
    addresses = wanted;
    status = bind_all(addresses, sockets);
  }
  if (!status.ok()) return status;
  port_ = addresses.empty() ? 0 : addresses.front().port;

  std::size_t n = 0;
  on_every_loop([&](PerLoop& at) {
    if (n == 0) {
      options_.loopback_only =
          std::all_of(addresses.begin(), addresses.end(), [](auto& a) { return a.is_loopback(); });
      for (const ListenAddress& address : addresses) {
        const bool v6 = address.host.find(':') != address.host.npos;
        options_.bound_addresses.push_back(v6 ? "[" + address.host + "]" : address.host);
      }
    }
    for (std::size_t a = 0; a < addresses.size(); ++a) {
      const int family = addresses[a].host.find(':') == std::string::npos ? AF_INET : AF_INET6;
      at.listeners.push_back(std::make_unique<Listener>(
          *at.loop, std::move(sockets[a][n]), family,
          [sessions = at.sessions.get(), family](StreamSocket socket, const auto& peer) {
            sessions->open(std::make_unique<PlainTransport>(std::move(socket), family), peer);
          },
          parts_.out_of_descriptors));
    }
    ++n;
  });
  on_every_loop([](PerLoop& at) {
    for (const auto& listener : at.listeners) listener->start();
  });
  return absl::OkStatus();
}

void Server::set_routes(std::shared_ptr<const RouteTable> table) {
  on_every_loop([&](PerLoop& at) { at.router->set_table(table); });
}

std::size_t Server::drain(std::int64_t delay_ms, std::int64_t timeout_ms) {
  if (!running_) return 0;
  draining_.store(true, std::memory_order_relaxed);
  on_every_loop([](PerLoop& at) { at.sessions->drain(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
  const auto emptied = std::make_shared<Countdown>(per_loop_.size());
  on_every_loop([&](PerLoop& at) {
    for (const auto& listener : at.listeners) listener->close();
    at.sessions->close_idle();
    at.sessions->when_empty([emptied] { emptied->count_down(); });
  });
  emptied->wait(std::chrono::milliseconds(timeout_ms));
  std::size_t left = 0;
  on_every_loop([&](PerLoop& at) { left += at.sessions->size(); });
  return left;
}

std::size_t Server::close_websockets(std::uint16_t code, std::string_view reason,
                                     std::int64_t timeout_ms) {
  if (!running_) return 0;
  const auto emptied = std::make_shared<Countdown>(per_loop_.size());
  on_every_loop([&](PerLoop& at) {
    if (!at.websockets) return emptied->count_down();
    at.websockets->close_all(code, reason);
    at.websockets->when_empty([emptied] { emptied->count_down(); });
  });
  emptied->wait(std::chrono::milliseconds(timeout_ms));
  std::size_t left = 0;
  for (const PerLoop& at : per_loop_) {
    if (at.websockets) left += at.websockets->connections();
  }
  return left;
}

void Server::stop() {
  if (!std::exchange(running_, false)) return;
  for (PerLoop& at : per_loop_) at.loop->stop();
}

}  // namespace composable::host
