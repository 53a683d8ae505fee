#include "http/host_rules.hpp"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "http/origin.hpp"

namespace composable::host {
namespace {

std::string_view scheme_of(bool is_https) { return is_https ? "https" : "http"; }

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

bool HostRules::is_allowed_host(std::string_view host, std::string_view scheme) const {
  const auto asked = Authority::parse(host);
  if (!asked) return false;
  const auto is = [&](const std::string& text) {
    const auto allowed = Authority::parse(text);
    return allowed && is_same_host(allowed->host, asked->host) &&
           (!allowed->port || *allowed->port == asked->port.value_or(default_port(scheme)));
  };
  if (std::any_of(options_->allowed_hosts.begin(), options_->allowed_hosts.end(), is)) return true;
  if (!options_->loopback_only) return options_->allowed_hosts.empty();
  return is_loopback_name(asked->host) ||
         std::any_of(options_->bound_addresses.begin(), options_->bound_addresses.end(), is);
}

std::optional<Refusal> HostRules::check_host(const RequestView& request, bool proxy_said_https) {
  const std::string_view host = request.host();
  const bool is_as_last = host == last_allowed_ && proxy_said_https == last_was_https_;
  if (host.empty() ? !request.http_1_1() : is_as_last) return std::nullopt;
  if (is_allowed_host(host, scheme_of(proxy_said_https))) {
    last_allowed_ = host;
    last_was_https_ = proxy_said_https;
    return std::nullopt;
  }
  return bad_request(absl::StrFormat(
      "Host: \"%s\" is not served here; use a loopback name, or list the host in allowed_hosts",
      host));
}

bool HostRules::may_use(std::string_view origin, const RequestView& request,
                        bool proxy_said_https) const {
  if (is_listed_origin(origin, options_->allowed_origins)) return true;
  const auto page = Origin::parse(origin);
  const auto own = Authority::parse(request.host());
  return page && own && is_same_origin(*page, {scheme_of(proxy_said_https), *own});
}

std::optional<Refusal> HostRules::check_cross_site(const RequestView& request,
                                                   bool proxy_said_https) const {
  if (!is_unsafe(request.method())) return std::nullopt;
  const auto origin = request.header("origin");
  if (origin && is_listed_origin(*origin, options_->allowed_origins)) return std::nullopt;
  if (origin && !may_use(*origin, request, proxy_said_https)) {
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
  if (!origin || may_use(*origin, request, proxy_said_https)) return std::nullopt;
  return forbidden(
      absl::StrFormat("Origin: \"%s\" may not open a WebSocket here; list it in "
                      "allowed_origins",
                      *origin));
}

}  // namespace composable::host
