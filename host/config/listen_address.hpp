// These functions parse addresses of the form HOST:PORT and list those that a configuration
// listens on. The loader and host/app call them. Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace composable::host {

struct ConfiguredAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  bool by_name = true;  // false: one of those that `localhost` stands for, which need not be there

  bool operator==(const ConfiguredAddress&) const = default;
};

// `127.0.0.1:3000`, `[::1]:3000`, `shop.example:80`; the host may be missing (`:3000`) and is not
// looked at. False: not of that form.
bool parse_listen_address(std::string_view text, ConfiguredAddress& out);

// One per configured host; `localhost` stands for 127.0.0.1 and ::1.
std::vector<ConfiguredAddress> listen_addresses(const ListenConfig& config);

// That of the admin listener; `localhost` and no host at all are 127.0.0.1. Nothing: it has none.
std::optional<ConfiguredAddress> admin_address(const AdminConfig& config);

// What is wrong with the addresses of the two listeners together, beginning with the setting: one
// is named twice, in whatever spelling. Empty: nothing.
std::string repeated_address(const Config& config);

}  // namespace composable::host
