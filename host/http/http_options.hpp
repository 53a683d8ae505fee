// HttpOptions are an operator's settings of HTTP, with the defaults. Fixed before serving; shared
// by all loops.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "http/client_address.hpp"

namespace composable::host {

struct HttpLimits {
  std::size_t header_bytes = 16 * 1024;          // request line and headers; beyond it 431
  std::size_t header_count = 100;                // beyond it 431
  std::size_t target_bytes = 8 * 1024;           // beyond it 414
  std::size_t body_bytes = 1024 * 1024;          // of a route that names no max_body; beyond it 413
  std::size_t bodies_bytes = 256 * 1024 * 1024;  // held at once, of all; beyond it 503
  std::size_t unsent_bytes = 1024 * 1024;  // of a reader too slow: parsing stops until it reads
  std::size_t connections = 10'000;        // per loop; beyond it 503
  std::int64_t request_ms = 30'000;        // first byte to last of a request; beyond it 408
  std::int64_t keep_alive_ms = 75'000;     // without a request: closed
  std::int64_t write_ms = 30'000;          // without progress in sending: closed
  std::int64_t linger_ms = 2'000;          // after an early error, until the client has read it
  std::int64_t tick_ms = 1'000;            // how often a loop looks at all these times
};

struct HttpOptions {
  HttpLimits limits;
  std::vector<std::string> allowed_origins;  // `https://shop.example`
  std::vector<std::string> allowed_hosts;    // `shop.example`, or with a port
  std::vector<IpRange> trusted_proxies;
  bool loopback_only = true;                 // every listener is bound to loopback
  std::vector<std::string> bound_addresses;  // as a Host header names them, no port
};

}  // namespace composable::host
