// HOST:PORT as people write it, and the addresses that a configuration listens on. Called by the
// loader and by host/app; pure, any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace composable::host {

struct ConfiguredAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;

  bool operator==(const ConfiguredAddress&) const = default;
};

// `127.0.0.1:3000`, `[::1]:3000`, `shop.example:80`; the host may be missing (`:3000`) and is not
// looked at. False: not of that form.
bool parse_listen_address(std::string_view text, ConfiguredAddress& out);

// One per configured host; `localhost` stands for 127.0.0.1 and ::1.
std::vector<ConfiguredAddress> listen_addresses(const ListenConfig& config);

}  // namespace composable::host
