#include "http/client_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/request_view.hpp"

namespace composable::host {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_port(std::string_view s) {
  return !s.empty() && s.size() <= 5 &&
         std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Takes brackets and a port away; nullopt when they are malformed.
std::optional<std::string_view> bare_address(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
    return text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  if (colon == text.npos || text.find(':', colon + 1) != text.npos) return text;
  if (!is_port(text.substr(colon + 1))) return std::nullopt;
  return text.substr(0, colon);
}

std::string_view trimmed(std::string_view s) {
  const std::size_t first = s.find_first_not_of(" \t");
  if (first == s.npos) return {};
  return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

bool is_trusted(const IpAddress& address, const std::vector<IpRange>& trusted) {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const IpRange& range) { return range.contains(address); });
}

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes[12] == 127;
  return bytes == std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    inet_ntop(AF_INET, bytes.data() + 12, out, sizeof out);
  } else {
    inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
  }
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const auto bare = bare_address(text);
  char name[INET6_ADDRSTRLEN] = {};
  if (!bare || bare->empty() || bare->size() >= sizeof name) return std::nullopt;
  bare->copy(name, bare->size());
  IpAddress address;
  if (inet_pton(AF_INET6, name, address.bytes.data()) == 1) return address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  if (inet_pton(AF_INET, name, address.bytes.data() + 12) == 1) return address;
  return std::nullopt;
}

IpAddress IpAddress::of(const sockaddr& address) {
  IpAddress ip;
  if (address.sa_family == AF_INET) {
    std::copy(kMapped.begin(), kMapped.end(), ip.bytes.begin());
    std::memcpy(ip.bytes.data() + 12, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(ip.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
  }
  return ip;
}

bool IpRange::contains(const IpAddress& address) const {
  const std::uint32_t whole = prefix_bits / 8;
  if (!std::equal(first.bytes.begin(), first.bytes.begin() + whole, address.bytes.begin())) {
    return false;
  }
  const std::uint32_t rest = prefix_bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (first.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpRange range{*address, 128};
  if (slash == text.npos) return range;
  const std::string_view digits = text.substr(slash + 1);
  std::uint32_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (bits > (address->is_v4() ? 32u : 128u)) return std::nullopt;
  range.prefix_bits = address->is_v4() ? 96 + bits : bits;
  return range;
}

IpAddress client_address(const RequestView& request, const IpAddress& peer,
                         const std::vector<IpRange>& trusted) {
  if (trusted.empty() || !is_trusted(peer, trusted)) return peer;
  IpAddress client = peer;
  for (std::size_t line = request.header_count(); line-- > 0;) {
    const auto [name, value] = request.header_at(line);
    if (!equals_ignoring_case(name, "x-forwarded-for")) continue;
    std::string_view rest = value;
    for (;;) {
      const std::size_t comma = rest.rfind(',');
      const auto hop =
          IpAddress::parse(trimmed(comma == rest.npos ? rest : rest.substr(comma + 1)));
      if (!hop) return client;
      client = *hop;
      if (!is_trusted(client, trusted)) return client;
      if (comma == rest.npos) break;
      rest = rest.substr(0, comma);
    }
  }
  return client;
}

}  // namespace composable::host
