// client_address returns the address of the client: the socket's, or the one that a trusted proxy
// names. Any thread.
#pragma once
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

class RequestView;

// IPv4 is kept as IPv6 (::ffff:a.b.c.d), so that both compare alike.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const IpAddress&) const = default;
  bool is_v4() const;
  bool is_loopback() const;
  std::string text() const;
  // `192.0.2.7`, `2001:db8::1`, `[2001:db8::1]`, each with a port or without.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress of(const sockaddr& address);  // all zeros when it is no IP address
};

// `10.0.0.0/8`, `2001:db8::/32`, or one address.
struct IpRange {
  IpAddress first;
  std::uint32_t prefix_bits = 128;  // of the 128

  bool contains(const IpAddress& address) const;
  static std::optional<IpRange> parse(std::string_view text);
};

// Returns `peer`; or, when that is a trusted proxy, the right-most entry of all X-Forwarded-For
// lines that is not a trusted proxy, stopping at the first entry that cannot be read.
IpAddress client_address(const RequestView& request, const IpAddress& peer,
                         const std::vector<IpRange>& trusted);

}  // namespace composable::host
