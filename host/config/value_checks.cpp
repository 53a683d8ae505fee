#include "config/value_checks.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "config/listen_address.hpp"
#include "observe/log_levels.hpp"

namespace composable::host::value_checks {
namespace {

// The bits of the address: 32, 128, or 0 for no address.
int address_bits(std::string_view text) {
  const std::string terminated(text);
  std::array<unsigned char, 16> address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.data()) == 1) return 32;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return 128;
  return 0;
}

bool is_number(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number <= most;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
         });
}

// `shop.example`, `shop.example:8080`, `[::1]`, `[::1]:8080`
bool is_authority(std::string_view text) {
  if (is_host_name(text)) return true;
  if (!text.empty() && text.front() == '[' && text.back() == ']') {
    return address_bits(text.substr(1, text.size() - 2)) == 128;
  }
  ConfiguredAddress split;
  return parse_listen_address(text, split) &&
         (is_host_name(split.host) || address_bits(split.host) == 128);
}

}  // namespace

std::string host(std::string_view value) {
  if (value == "localhost" || address_bits(value) != 0) return {};
  return "an IPv4 or IPv6 address or localhost";
}

std::string listen(std::string_view value) {
  ConfiguredAddress split;
  const bool good =
      value.empty() || (parse_listen_address(value, split) && host(split.host).empty());
  return good ? "" : "HOST:PORT such as 127.0.0.1:3000 or [::1]:3000";
}

std::string network(std::string_view value) {
  const std::size_t slash = value.find('/');
  const int bits = address_bits(value.substr(0, slash));
  const bool good =
      bits != 0 && (slash == std::string_view::npos ||
                    is_number(value.substr(slash + 1), static_cast<std::uint64_t>(bits)));
  return good ? "" : "an address or a range such as 10.0.0.0/8";
}

std::string host_header(std::string_view value) {
  return is_authority(value) ? "" : "a host such as shop.example or shop.example:8080";
}

std::string origin(std::string_view value) {
  const std::size_t separator = value.find("://");
  const std::string_view scheme = value.substr(0, separator);
  const bool good = separator != std::string_view::npos &&
                    (scheme == "http" || scheme == "https") &&
                    is_authority(value.substr(separator + 3));
  return good ? "" : "an origin such as https://shop.example";
}

std::string directory(std::string_view value) {
  return value.empty() || value.find('\0') != std::string_view::npos ? "a directory" : "";
}

std::string database_refusal(std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find(':'));
  if (url.empty() || url == "sqlite:" || url == "memory:") return {};
  if (scheme == "postgresql" || scheme == "postgres") {
    return "postgresql is not supported by this host; use sqlite: or memory:";
  }
  if (scheme == "sqlite") {
    return "sqlite: takes no path, the file is events.db in data_dir; set data_dir";
  }
  return "unknown scheme; use sqlite: or memory:";
}

std::string log_level(std::string_view value) {
  return LogLevels::parse(value).ok()
             ? ""
             : "trace, debug, info, warn, error or off, alone or as orders=debug,info";
}

std::string log_format(std::string_view value) {
  return value == "text" || value == "json" ? "" : "text or json";
}

}  // namespace composable::host::value_checks
