#include "http/public_router.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "http/content_rules.hpp"
#include "http/correlation.hpp"
#include "observe/metrics.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kMount = "/api/v1/";
constexpr std::uint32_t kGetOnly = 1u << COMPOSABLE_METHOD_GET;

// The domain of /api/v1/<domain>/ws, of a path that ends so; empty for one of another shape.
std::string_view socket_domain(std::string_view path) {
  if (!path.starts_with(kMount)) return {};
  path.remove_prefix(kMount.size());
  if (path.size() <= 3) return {};
  path.remove_suffix(3);
  return path.find('/') == path.npos ? path : std::string_view{};
}

Refusal wrong_method(const Exchange& exchange, std::uint32_t allowed) {
  return method_not_allowed(absl::StrFormat("%s: %s is not served here; use %s",
                                            exchange.request.path(), exchange.request.method_text(),
                                            allow_text(allowed)));
}

}  // namespace

PublicRouter::PublicRouter(PublicRouterParts parts, std::shared_ptr<const RouteTable> table)
    : parts_(std::move(parts)), cors_(*parts_.options), host_rules_(*parts_.options) {
  set_table(std::move(table));
}

void PublicRouter::set_table(std::shared_ptr<const RouteTable> table) {
  auto pinned = boost::make_local_shared<std::shared_ptr<const RouteTable>>(std::move(table));
  table_ = LocalRouteTable(pinned, pinned->get());
}

bool PublicRouter::said_https(const Exchange& exchange) const {
  const auto proto = exchange.request.header("x-forwarded-proto");
  if (!proto || !equals_ignoring_case(*proto, "https")) return false;
  const auto& proxies = parts_.options->trusted_proxies;
  return std::any_of(proxies.begin(), proxies.end(),
                     [&](const IpRange& proxy) { return proxy.contains(exchange.peer); });
}

void PublicRouter::plan(Exchange& exchange) {
  exchange.now_us = parts_.clock->unix_micros();
  exchange.correlation = correlation_of(exchange.request, exchange.now_us, *parts_.rng);
  exchange.plan.body_limit = parts_.options->limits.body_bytes;
  cors_.annotate(exchange.request, exchange.writer);
  exchange.plan.refusal = plan_path(exchange);
}

std::optional<Refusal> PublicRouter::plan_path(Exchange& exchange) {
  RequestView& request = exchange.request;
  if (auto refusal = request.read_target()) return refusal;
  const std::string_view path = request.path();
  if (path.starts_with("/health")) {
    if (path == "/health") return plan_page(exchange, kHealth);
    if (path == "/health/ready") return plan_page(exchange, kReady);
    if (path == "/health/live") return plan_page(exchange, kLive);
  }
  if (auto refusal = host_rules_.check_host(request, said_https(exchange))) return refusal;
  if (request.method() == Method::kUnknown) {
    return not_implemented(absl::StrFormat("%s: unknown HTTP method", request.method_text()));
  }
  if (Cors::is_preflight(request)) {
    cors_.annotate_preflight(request, exchange.writer);
    exchange.plan.page = kOptions;
    return std::nullopt;
  }
  if (auto refusal = host_rules_.check_cross_site(request, said_https(exchange))) return refusal;
  if (path == "/metrics" && parts_.metrics) return plan_page(exchange, kMetrics);
  if (path.ends_with("/ws")) {
    if (path == "/ws" || path == "/api/v1/ws") return plan_socket(exchange, {});
    const std::string_view domain = socket_domain(path);
    if (!domain.empty() && table_->has_domain(domain)) return plan_socket(exchange, domain);
  }
  return plan_route(exchange);
}

std::optional<Refusal> PublicRouter::plan_socket(Exchange& exchange, std::string_view domain) {
  if (exchange.request.method() == Method::kOptions) {
    exchange.writer.host_header("Allow", "GET, OPTIONS");
    exchange.plan.page = kOptions;
    return std::nullopt;
  }
  UpgradeRequest upgrade;
  upgrade.domain = domain;
  if (auto refusal = read_upgrade(exchange.request, upgrade, exchange.writer)) return refusal;
  if (auto refusal = host_rules_.check_socket_origin(exchange.request, said_https(exchange))) {
    return refusal;
  }
  const Readiness readiness = parts_.health->readiness();
  if (readiness == Readiness::kStarting || readiness == Readiness::kDraining) {
    return unavailable(std::string(readiness_message(readiness)));
  }
  exchange.plan.upgrade = upgrade;
  return std::nullopt;
}

std::optional<Refusal> PublicRouter::plan_page(Exchange& exchange, Page page) {
  const Method method = exchange.request.method();
  if (method == Method::kOptions) {
    exchange.writer.host_header("Allow", allow_text(kGetOnly));
    exchange.plan.page = kOptions;
    return std::nullopt;
  }
  if (method != Method::kGet && method != Method::kHead) {
    exchange.writer.host_header("Allow", allow_text(kGetOnly));
    return wrong_method(exchange, kGetOnly);
  }
  exchange.plan.page = page;
  return std::nullopt;
}

std::optional<Refusal> PublicRouter::plan_route(Exchange& exchange) {
  RequestView& request = exchange.request;
  const RouteTable::Match match = table_->lookup(request.method(), request.path());
  if (match.target == nullptr) {
    if (request.method() == Method::kOptions && (match.allowed != 0 || request.path() == "*")) {
      exchange.writer.host_header("Allow", allow_text(match.allowed));
      exchange.plan.page = kOptions;
      return std::nullopt;
    }
    if (match.allowed != 0) {
      exchange.writer.host_header("Allow", allow_text(match.allowed));
      return wrong_method(exchange, match.allowed);
    }
    if (const UnavailableDomain* domain = table_->unavailable_domain(request.path()))
      return domain_unavailable(*domain);
    return not_found(absl::StrFormat("%s: no such path", request.path()));
  }
  exchange.plan.page = kRoute;
  exchange.plan.target = match.target;
  exchange.plan.table = table_;
  if (match.target->max_body != 0) exchange.plan.body_limit = match.target->max_body;
  request.set_params(match.target->params, match.params());
  return check_head(request, *match.target);
}

void PublicRouter::serve(Exchange& exchange) {
  switch (exchange.plan.page) {
    case kRoute:
      serve_route(exchange);
      return;
    case kOptions:
      exchange.writer.set_status(204);
      exchange.finish();
      return;
    case kMetrics:
      serve_metrics(exchange);
      return;
    default:
      serve_probe(exchange);
  }
}

void PublicRouter::serve_route(Exchange& exchange) {
  const RouteTarget& target = *exchange.plan.target;
  exchange.writer.set_mount(target.mount);
  if (auto refusal = check_body(exchange.request, target)) {
    exchange.refuse(*refusal);
    return;
  }
  const Caller caller{
      .actor = {}, .correlation = exchange.correlation, .origin = 0, .now_us = exchange.now_us};
  parts_.handler->call(target, exchange.request.abi(), caller, exchange);
}

void PublicRouter::serve_metrics(Exchange& exchange) {
  exchange.writer.add_header("Content-Type", MetricsRegistry::kContentType);
  exchange.writer.append(parts_.metrics());
  exchange.finish();
}

void PublicRouter::serve_probe(Exchange& exchange) {
  if (exchange.plan.page == kHealth) {
    const HealthReport report = parts_.health->report();
    exchange.writer.set_status(report.overall == HealthLevel::kUnhealthy ? 503 : 200);
    exchange.writer.append(health_body(report));
    exchange.finish();
    return;
  }
  const Readiness readiness =
      exchange.plan.page == kLive ? Readiness::kReady : parts_.health->readiness();
  if (readiness != Readiness::kReady) {
    exchange.refuse(unavailable(std::string(readiness_message(readiness))));
    return;
  }
  exchange.writer.append(exchange.plan.page == kLive ? "{\"status\":\"ok\"}"
                                                     : "{\"status\":\"ready\"}");
  exchange.finish();
}

}  // namespace composable::host
