#include "config/listen_address.hpp"

#include <charconv>

namespace composable::host {

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
    if (host == "localhost") {
      addresses.push_back({"127.0.0.1", port});
      addresses.push_back({"::1", port});
    } else {
      addresses.push_back({host, port});
    }
  }
  return addresses;
}

}  // namespace composable::host
