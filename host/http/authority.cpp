#include "http/authority.hpp"

#include "http/characters.hpp"
#include "http/client_address.hpp"
#include "http/percent_encoding.hpp"
#include "http/request_view.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxPortDigits = 5;

// A registered name or an IPv4 address. The comma, which a name could have, is left out: it is how
// a proxy joins two Host headers.
bool is_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_unreserved(c) || std::string_view("!$&'()*+;=").find(c) != std::string_view::npos) {
      continue;
    }
    if (!is_escape(text.substr(i))) return false;
    i += 2;
  }
  return !text.empty();
}

std::optional<IpAddress> bracketed(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return std::nullopt;
  if (host.find(':') == host.npos) return std::nullopt;  // IPv4 has no brackets
  return IpAddress::parse(host);
}

bool read_port(std::string_view digits, std::optional<std::uint16_t>& port) {
  if (digits.size() > kMaxPortDigits) return false;
  std::uint32_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value > 0xffff) return false;
  if (!digits.empty()) port = static_cast<std::uint16_t>(value);
  return true;
}

}  // namespace

std::optional<Authority> Authority::parse(std::string_view text) {
  const bool is_v6 = text.starts_with('[');
  const std::size_t colon = text.find(':', is_v6 ? text.find(']') : 0);
  Authority authority{.host = text.substr(0, colon), .port = std::nullopt};
  if (is_v6 ? !bracketed(authority.host) : !is_name(authority.host)) return std::nullopt;
  if (colon != text.npos && !read_port(text.substr(colon + 1), authority.port)) {
    return std::nullopt;
  }
  return authority;
}

bool is_same_host(std::string_view a, std::string_view b) {
  if (equals_ignoring_case(a, b)) return true;
  const auto left = bracketed(a), right = bracketed(b);
  return left && right && *left == *right;
}

}  // namespace composable::host
