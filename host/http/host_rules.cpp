#include "http/host_rules.hpp"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

// `name` of `name:port` and `[v6]:port`; nullopt when it is neither.
std::optional<std::string_view> host_name(std::string_view host) {
  std::size_t end = host.find(':');
  if (!host.empty() && host.front() == '[') {
    end = host.find(']');
    if (end == host.npos) return std::nullopt;
    ++end;
  }
  const std::string_view name = host.substr(0, end);
  std::string_view port = end >= host.size() ? std::string_view{} : host.substr(end);
  if (name.empty() || name.find_first_of("@/?# \t,") != name.npos) return std::nullopt;
  if (port.empty()) return name;
  port.remove_prefix(1);
  if (host[end] != ':' || port.size() > 5 ||
      !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return name;
}

bool is_loopback_name(std::string_view name) {
  static constexpr std::string_view kLocal = ".localhost";
  if (equals_ignoring_case(name, kLocal.substr(1))) return true;
  if (name.size() > kLocal.size() &&
      equals_ignoring_case(name.substr(name.size() - kLocal.size()), kLocal)) {
    return true;
  }
  if (name.front() != '[' && name.front() != '1') return false;
  const auto address = IpAddress::parse(name);
  return address && address->is_loopback();
}

}  // namespace

std::string_view requested_host(const RequestView& request) {
  if (!request.authority().empty()) return request.authority();
  return request.header("host").value_or(std::string_view{});
}

bool HostRules::is_allowed_host(std::string_view host) const {
  const auto name = host_name(host);
  if (!name) return false;
  const auto is = [&](const std::string& allowed) {
    return equals_ignoring_case(allowed, host) || equals_ignoring_case(allowed, *name);
  };
  if (std::any_of(options_->allowed_hosts.begin(), options_->allowed_hosts.end(), is)) return true;
  if (!options_->loopback_only) return options_->allowed_hosts.empty();
  return is_loopback_name(*name) ||
         std::any_of(options_->bound_addresses.begin(), options_->bound_addresses.end(), is);
}

std::optional<Refusal> HostRules::check_host(const RequestView& request) {
  const std::string_view host = requested_host(request);
  if (host.empty() ? !request.http_1_1() : host == last_allowed_) return std::nullopt;
  if (is_allowed_host(host)) {
    last_allowed_ = host;
    return std::nullopt;
  }
  return bad_request(
      absl::StrFormat("Host: \"%s\" is not served here; ask by a loopback name or list "
                      "the host in allowed_hosts",
                      host));
}

bool HostRules::is_own_origin(std::string_view origin, const RequestView& request,
                              bool proxy_said_https) const {
  const std::string_view scheme = proxy_said_https ? "https://" : "http://";
  return origin.size() > scheme.size() &&
         equals_ignoring_case(origin.substr(0, scheme.size()), scheme) &&
         equals_ignoring_case(origin.substr(scheme.size()), requested_host(request));
}

bool HostRules::is_listed_origin(std::string_view origin) const {
  return std::find(options_->allowed_origins.begin(), options_->allowed_origins.end(), origin) !=
         options_->allowed_origins.end();
}

std::optional<Refusal> HostRules::check_cross_site(const RequestView& request,
                                                   bool proxy_said_https) const {
  if (!is_unsafe(request.method())) return std::nullopt;
  const auto origin = request.header("origin");
  if (origin && is_listed_origin(*origin)) return std::nullopt;
  if (origin && !is_own_origin(*origin, request, proxy_said_https)) {
    return forbidden(
        absl::StrFormat("Origin: \"%s\" may not send %s here; list it in allowed_origins", *origin,
                        request.method_text()));
  }
  const auto site = request.header("sec-fetch-site");
  if (site && equals_ignoring_case(*site, "cross-site")) {
    return forbidden(absl::StrFormat("Sec-Fetch-Site: another site may not send %s here",
                                     request.method_text()));
  }
  return std::nullopt;
}

std::optional<Refusal> HostRules::check_socket_origin(const RequestView& request,
                                                      bool proxy_said_https) const {
  const auto origin = request.header("origin");
  if (!origin || is_listed_origin(*origin) || is_own_origin(*origin, request, proxy_said_https)) {
    return std::nullopt;
  }
  return forbidden(
      absl::StrFormat("Origin: \"%s\" may not open a WebSocket here; list it in "
                      "allowed_origins",
                      *origin));
}

}  // namespace composable::host
