// Config holds the settings of the host in plain structs; their initialisers are the defaults.
// load.hpp makes it; host/app hands each part its own piece. schema.cpp names every field: a field
// without a name there cannot be set. Sizes are bytes, times are milliseconds (`_ms`) or seconds
// (`_s`), and every bound is inclusive.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

struct ListenConfig {
  std::vector<std::string> hosts = {"localhost"};  // addresses; this one is 127.0.0.1 and ::1
  std::uint64_t port = 3000;                       // 0: any free one
};

struct AdminConfig {
  std::string listen;  // HOST:PORT; empty: only the Unix socket in the data directory
};

struct PluginsConfig {
  std::vector<std::string> dirs;
  bool watch = true;
  std::uint64_t drain_ms = 2'000;  // for what a generation has begun when the next one serves
};

struct LogConfig {
  std::string level = "info";   // as LogLevels::parse takes it
  std::string format = "text";  // text | json
};

struct HttpConfig {
  std::uint64_t header_bytes = 16 * 1024;
  std::uint64_t header_count = 100;
  std::uint64_t target_bytes = 8 * 1024;
  std::uint64_t body_bytes = 1024 * 1024;
  std::uint64_t bodies_bytes = 256 * 1024 * 1024;
  std::uint64_t unsent_bytes = 1024 * 1024;
  std::uint64_t connections = 10'000;  // of one loop
  std::uint64_t request_ms = 30'000;
  std::uint64_t keep_alive_ms = 75'000;
  std::uint64_t write_ms = 30'000;
  bool public_metrics = false;
};

struct WebSocketConfig {
  std::uint64_t message_bytes = 64 * 1024;
  std::uint64_t messages_per_second = 100;
  std::uint64_t sockets_per_address = 1'000;
  std::uint64_t sockets_from_loopback = 10'000;
  std::uint64_t unsent_bytes = 1024 * 1024;
  std::uint64_t ping_ms = 25'000;
};

struct StoreConfig {
  std::uint64_t mailbox = 65'536;
  std::uint64_t flight = 65'536;
  std::uint64_t delays = 65'536;
  std::uint64_t subscriber_actions = 16;
  std::uint64_t command_ms = 5'000;
  std::uint64_t append_requests = 65'536;
  std::uint64_t append_bytes = 64 * 1024 * 1024;
};

struct DrainConfig {
  std::uint64_t delay_ms = 0;
  std::uint64_t timeout_ms = 25'000;
};

// A build that crashes the host `limit` times within the window is blocked; 0: never.
struct CrashesConfig {
  std::uint64_t limit = 3;
  std::uint64_t window_s = 60;
};

struct Config {
  ListenConfig listen;
  AdminConfig admin;
  PluginsConfig plugins;
  std::string data_dir = "data";
  std::string database_url;  // secret; `sqlite:` (as when empty) or `memory:`
  LogConfig log;
  std::uint64_t threads = 0;       // loops; 0: one per core
  std::uint64_t workers = 0;       // of the pool for blocking work, that stay; 0: one per core
  std::uint64_t workers_max = 64;  // at the same time
  std::uint64_t workers_per_domain = 16;
  HttpConfig http;
  WebSocketConfig websocket;
  StoreConfig store;
  DrainConfig drain;
  CrashesConfig crashes;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> trusted_proxies;
  std::map<std::string, std::string> domains;  // a domain's own section, as strict JSON

  // `{}` when it has none.
  std::string domain_section(std::string_view domain) const {
    const auto found = domains.find(std::string(domain));
    return found == domains.end() ? "{}" : found->second;
  }
};

}  // namespace composable::host
