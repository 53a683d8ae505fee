#include "config/listen_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

constexpr std::string_view kLocalhost = "localhost";
constexpr const char* kLoopbackV4 = "127.0.0.1";

// An address whatever its spelling: IPv4 as IPv6 has it. All zeros when it is none.
struct AddressBytes {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = false;

  explicit AddressBytes(const std::string& text) {
    bytes[10] = bytes[11] = 0xff;
    v4 = ::inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1;
    if (v4) return;
    bytes = {};
    ::inet_pton(AF_INET6, text.c_str(), bytes.data());
    constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    v4 = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  }

  bool is_any() const {
    return std::all_of(bytes.begin() + (v4 ? 12 : 0), bytes.end(), [](auto b) { return b == 0; });
  }
  // Whether a socket bound to this takes what is sent to `other`.
  bool covers(const AddressBytes& other) const {
    return v4 == other.v4 && (is_any() || bytes == other.bytes);
  }
};

// The error when `host` of `setting` is the same address as `other`, in whatever spelling; empty:
// it is not.
std::string clash(std::string_view setting, const std::string& host, std::string_view host_as,
                  const std::string& other, std::string_view other_as) {
  const AddressBytes a(host), b(other);
  if (!a.covers(b) && !b.covers(a)) return {};
  if (a.bytes == b.bytes && host_as == other_as) {
    return absl::StrFormat("config.%s: %s is named twice; name it once", setting, host_as);
  }
  if (a.bytes == b.bytes) {
    return absl::StrFormat("config.%s: %s is named twice, as %s and as %s; name it once", setting,
                           other, other_as, host_as);
  }
  return absl::StrFormat(
      "config.%s: %s is named twice, since %s is every IPv%d address of this machine; name one of "
      "them",
      setting, a.is_any() ? other_as : host_as, a.is_any() ? host_as : other_as, a.v4 ? 4 : 6);
}

std::string_view as_written(const ConfiguredAddress& address) {
  return address.by_name ? std::string_view(address.host) : kLocalhost;
}

}  // namespace

bool parse_listen_address(std::string_view text, ConfiguredAddress& out) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return false;

  const std::string_view port = text.substr(colon + 1);
  const char* const port_end = port.data() + port.size();
  const auto [end, error] = std::from_chars(port.data(), port_end, out.port);
  out.host = host;
  return error == std::errc() && end == port_end;
}

std::vector<ConfiguredAddress> listen_addresses(const ListenConfig& config) {
  const auto port = static_cast<std::uint16_t>(config.port);
  std::vector<ConfiguredAddress> addresses;
  for (const std::string& host : config.hosts) {
    if (host == kLocalhost) {
      addresses.push_back({.host = kLoopbackV4, .port = port, .by_name = false});
      addresses.push_back({.host = "::1", .port = port, .by_name = false});
    } else {
      addresses.push_back({.host = host, .port = port});
    }
  }
  return addresses;
}

std::optional<ConfiguredAddress> admin_address(const AdminConfig& config) {
  ConfiguredAddress address;
  if (!parse_listen_address(config.listen, address)) return std::nullopt;
  if (address.host.empty() || address.host == kLocalhost) address.host = kLoopbackV4;
  return address;
}

std::string repeated_address(const Config& config) {
  const std::vector<ConfiguredAddress> addresses = listen_addresses(config.listen);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    for (std::size_t before = 0; before < i; ++before) {
      const ConfiguredAddress &a = addresses[i], &b = addresses[before];
      std::string text = clash("listen.hosts", a.host, as_written(a), b.host, as_written(b));
      if (!text.empty()) return text;
    }
  }
  const std::optional<ConfiguredAddress> admin = admin_address(config.admin);
  if (!admin || admin->port == 0 || admin->port != config.listen.port) return {};
  for (const ConfiguredAddress& address : addresses) {
    if (clash("", admin->host, "", address.host, "").empty()) continue;
    return absl::StrFormat(
        "config.admin.listen: %s is named twice, here and in config.listen; give the admin "
        "listener a port of its own",
        config.admin.listen);
  }
  return {};
}

}  // namespace composable::host
