#include "app/options_of.hpp"

#include <algorithm>
#include <memory>
#include <thread>

#include "observe/log.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kWorkerQueue = 65'536;  // of one domain

}  // namespace

HttpOptions http_options(const Config& config) {
  HttpOptions options;
  const HttpConfig& http = config.http;
  options.limits.header_bytes = http.header_bytes;
  options.limits.header_count = http.header_count;
  options.limits.target_bytes = http.target_bytes;
  options.limits.body_bytes = http.body_bytes;
  options.limits.bodies_bytes = http.bodies_bytes;
  options.limits.unsent_bytes = http.unsent_bytes;
  options.limits.connections = http.connections;
  options.limits.request_ms = static_cast<std::int64_t>(http.request_ms);
  options.limits.keep_alive_ms = static_cast<std::int64_t>(http.keep_alive_ms);
  options.limits.write_ms = static_cast<std::int64_t>(http.write_ms);
  options.limits.tick_ms = std::clamp<std::int64_t>(options.limits.request_ms / 4, 10, 1'000);
  options.allowed_origins = config.allowed_origins;
  options.allowed_hosts = config.allowed_hosts;
  for (const std::string& text : config.trusted_proxies) {
    if (const auto range = IpRange::parse(text)) options.trusted_proxies.push_back(*range);
  }
  return options;
}

WebsocketOptions websocket_options(const Config& config, const Uuid& epoch) {
  WebsocketOptions options;
  options.message_bytes = config.websocket.message_bytes;
  options.messages_per_second = static_cast<std::uint32_t>(config.websocket.messages_per_second);
  options.sockets_per_address = config.websocket.sockets_per_address;
  options.sockets_from_loopback = config.websocket.sockets_from_loopback;
  options.unsent_bytes = config.websocket.unsent_bytes;
  options.ping_interval_us = static_cast<std::int64_t>(config.websocket.ping_ms) * 1000;
  options.epoch = epoch;
  options.addresses = std::make_shared<AddressCounts>();
  options.warn = [](const std::string& text) {
    log_warn("ws", "address_limit_reached", {{"message", text}});
  };
  return options;
}

StoreOptions store_options(const Config& config, std::uint32_t number) {
  StoreOptions options;
  options.mailbox = config.store.mailbox;
  options.flight = config.store.flight;
  options.flight_bytes = config.store.append_bytes;
  options.delays = config.store.delays;
  options.subscriber_actions = config.store.subscriber_actions;
  options.timeout_ms = static_cast<std::uint32_t>(config.store.command_ms);
  options.number = number;
  return options;
}

// One domain never gets every thread, unless there is but one.
WorkerPool::Options worker_options(const Config& config) {
  WorkerPool::Options options;
  options.least = thread_count(config.workers);
  options.most = std::max<std::size_t>(options.least, config.workers_max);
  options.per_lane =
      std::min<std::size_t>(config.workers_per_domain, std::max<std::size_t>(options.most - 1, 1));
  options.capacity = kWorkerQueue;
  return options;
}

std::uint32_t thread_count(std::uint64_t configured) {
  if (configured != 0) return static_cast<std::uint32_t>(configured);
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace composable::host
