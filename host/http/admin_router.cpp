#include "http/admin_router.hpp"

#include <exception>
#include <utility>

#include "absl/strings/str_format.h"
#include "http/correlation.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kSocketPath = "/_composable/ws";

// Compares in constant time.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference = static_cast<unsigned char>(
        difference |
        (static_cast<unsigned char>(i < a.size() ? a[i] : 0) ^ static_cast<unsigned char>(b[i])));
  }
  return difference == 0;
}

void answer(Exchange& exchange, const AdminReply& reply) {
  if (reply.refusal) {
    exchange.refuse(*reply.refusal);
    return;
  }
  exchange.writer.set_status(reply.status);
  exchange.writer.add_header("Content-Type", reply.content_type);
  exchange.writer.append(reply.body);
  exchange.finish();
}

}  // namespace

absl::Status AdminRoutes::add(Method method, std::string_view pattern, AdminHandler handler) {
  return add_slow(
      method, pattern,
      [handler = std::move(handler)](const RequestView& request, const AdminDone& done) {
        done(handler(request));
      });
}

absl::Status AdminRoutes::add_slow(Method method, std::string_view pattern,
                                   SlowAdminHandler handler) {
  const auto number = static_cast<std::uint32_t>(handlers_.size());
  if (absl::Status status = builder_.add_page(method, pattern, "admin", number); !status.ok()) {
    return status;
  }
  handlers_.push_back(std::move(handler));
  return absl::OkStatus();
}

AdminRouter::AdminRouter(AdminRoutes routes, std::string token, const HttpOptions& options,
                         Clock& clock, Rng& rng)
    : table_(std::move(routes.builder_).build()),
      handlers_(std::move(routes.handlers_)),
      token_(std::move(token)),
      options_(&options),
      clock_(&clock),
      rng_(&rng) {}

bool AdminRouter::is_authorized(const Exchange& exchange) const {
  if (token_.empty() || exchange.peer_is_local) return true;
  static constexpr std::string_view kScheme = "Bearer ";
  const auto value = exchange.request.header("authorization");
  if (!value || value->size() < kScheme.size() ||
      !equals_ignoring_case(value->substr(0, kScheme.size()), kScheme)) {
    return false;
  }
  return same_secret(value->substr(kScheme.size()), token_);
}

void AdminRouter::plan(Exchange& exchange) {
  exchange.correlation = correlation_of(exchange.request, clock_->unix_micros(), *rng_);
  exchange.plan.body_limit = options_->limits.body_bytes;
  exchange.plan.refusal = plan_path(exchange);
}

std::optional<Refusal> AdminRouter::plan_path(Exchange& exchange) {
  RequestView& request = exchange.request;
  if (!is_authorized(exchange)) {
    exchange.writer.host_header("WWW-Authenticate", "Bearer");
    return unauthorized(
        "Authorization: the admin token is needed; it is in admin.token in the data "
        "directory");
  }
  if (auto refusal = request.read_target()) return refusal;
  if (request.path() == kSocketPath) {
    UpgradeRequest upgrade;
    auto refusal = read_upgrade(request, upgrade, exchange.writer);
    if (!refusal) exchange.plan.upgrade = upgrade;
    return refusal;
  }
  const RouteTable::Match match = table_->lookup(request.method(), request.path());
  if (match.target != nullptr) {
    exchange.plan.target = match.target;
    request.set_params(match.target->params, match.params());
    return std::nullopt;
  }
  if (match.allowed != 0) {
    exchange.writer.host_header("Allow", allow_text(match.allowed, false));
    return method_not_allowed(absl::StrFormat("%s: %s is not served here; use %s", request.path(),
                                              request.method_text(),
                                              allow_text(match.allowed, false)));
  }
  return not_found(absl::StrFormat("%s: no such path", request.path()));
}

void AdminRouter::serve(Exchange& exchange) {
  const AdminDone done = [&exchange](const AdminReply& reply) { answer(exchange, reply); };
  try {
    handlers_[exchange.plan.target->number](exchange.request, done);
  } catch (const std::exception& error) {
    exchange.refuse(
        internal_error(absl::StrFormat("%s: %s", exchange.request.path(), error.what())));
  }
}

}  // namespace composable::host
