// An Authority is the host and port of a Host header, a request target or an origin (RFC 3986,
// 3.2). It holds views of the text it was parsed from. A value; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace composable::host {

struct Authority {
  std::string_view host;              // never empty; an IPv6 address with its brackets
  std::optional<std::uint16_t> port;  // none: the scheme's own

  // `shop.example`, `shop.example:8080`, `[::1]:3000`, `shop.example:`; nullopt for anything else,
  // also with a user before an @, and for a list.
  static std::optional<Authority> parse(std::string_view text);
};

// Without regard to case, and two ways to write an IPv6 address are one.
bool is_same_host(std::string_view a, std::string_view b);

}  // namespace composable::host
