// A PublicRouter routes the requests of the public listener: probes, WebSocket openings and the
// routes of the domains, after the rules that come before them. One per loop; [loop] only.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "http/cors.hpp"
#include "http/exchange.hpp"
#include "http/health.hpp"
#include "http/host_rules.hpp"
#include "http/http_options.hpp"
#include "http/store_routes.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {

// The dependencies of a router; all outlive it.
struct PublicRouterParts {
  const HttpOptions* options = nullptr;
  RouteHandler* handler = nullptr;
  HealthSource* health = nullptr;
  Clock* clock = nullptr;
  Rng* rng = nullptr;
  std::function<std::string()> metrics = nullptr;  // empty: no such path
};

class PublicRouter final : public Router {
 public:
  PublicRouter(PublicRouterParts parts, std::shared_ptr<const RouteTable> table);

  // Requests from now on use `table`; those being answered keep theirs.
  void set_table(std::shared_ptr<const RouteTable> table);

  void plan(Exchange& exchange) override;
  void serve(Exchange& exchange) override;

 private:
  enum Page : std::uint32_t { kRoute, kHealth, kReady, kLive, kMetrics, kOptions };

  std::optional<Refusal> plan_path(Exchange& exchange);
  std::optional<Refusal> plan_socket(Exchange& exchange, std::string_view domain);
  std::optional<Refusal> plan_page(Exchange& exchange, Page page);
  std::optional<Refusal> plan_route(Exchange& exchange);
  bool said_https(const Exchange& exchange) const;
  void serve_route(Exchange& exchange);
  void serve_probe(Exchange& exchange);
  void serve_metrics(Exchange& exchange);

  PublicRouterParts parts_;
  Cors cors_;
  HostRules host_rules_;
  LocalRouteTable table_;
};

}  // namespace composable::host
