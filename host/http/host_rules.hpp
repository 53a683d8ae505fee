// HostRules checks the Host header and the origin of a request, so that a page of a foreign site
// cannot drive a server on the visitor's own machine. One per loop; [loop].
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "http/http_options.hpp"
#include "http/request_view.hpp"
#include "runtime/refusal.hpp"

namespace composable::host {

class HostRules {
 public:
  explicit HostRules(const HttpOptions& options) : options_(&options) {}  // outlives this

  // 400 unless this host may answer for the host that the request names. When bound to loopback: a
  // loopback name, a bound address or an allowed host. Bound elsewhere: an allowed host, when any
  // are listed.
  std::optional<Refusal> check_host(const RequestView& request, bool proxy_said_https);

  // 403 for an unsafe method sent by a page of another origin that is not listed.
  std::optional<Refusal> check_cross_site(const RequestView& request, bool proxy_said_https) const;

  // 403 for a WebSocket opened by such a page. No Origin is a command-line client.
  std::optional<Refusal> check_socket_origin(const RequestView& request,
                                             bool proxy_said_https) const;

 private:
  bool is_allowed_host(std::string_view host, std::string_view scheme) const;
  // Whether pages of `origin` may: a listed origin, or this host's own.
  bool may_use(std::string_view origin, const RequestView& request, bool proxy_said_https) const;

  const HttpOptions* options_;
  std::string last_allowed_;  // the last host that was allowed; most requests name the same
  bool last_was_https_ = false;
};

}  // namespace composable::host
