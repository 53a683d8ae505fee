// An AdminRouter routes the requests of the admin listener: a table of functions under
// /_composable/, which the app fills before it listens, and the WebSocket /_composable/ws. The
// functions run on the admin thread, which serves nothing else, and may block.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "http/exchange.hpp"
#include "http/http_options.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"

namespace composable::host {

struct AdminReply {
  std::uint32_t status = 200;
  std::string body;  // JSON, unless content_type says otherwise
  std::string content_type = "application/json";
  std::optional<Refusal> refusal;  // an error, instead of all the above
};

using AdminHandler = std::function<AdminReply(const RequestView& request)>;

// A handler that may take long: it calls `done` with the reply once, now or later, on any thread.
// The request stays valid until then.
using AdminDone = std::function<void(const AdminReply& reply)>;
using SlowAdminHandler = std::function<void(const RequestView& request, AdminDone done)>;

class AdminRoutes {
 public:
  // `pattern` as in a route table: /_composable/domains/:name/reload. The error says which pattern
  // is taken or malformed.
  absl::Status add(Method method, std::string_view pattern, AdminHandler handler);
  absl::Status add_slow(Method method, std::string_view pattern, SlowAdminHandler handler);

 private:
  friend class AdminRouter;
  RouteTable::Builder builder_;
  std::vector<SlowAdminHandler> handlers_;
};

class AdminRouter final : public Router {
 public:
  // An empty token: every client is trusted, since it could open the Unix socket. `options`,
  // `clock` and `rng` outlive this.
  AdminRouter(AdminRoutes routes, std::string token, const HttpOptions& options, Clock& clock,
              Rng& rng);

  void plan(Exchange& exchange) override;
  void serve(Exchange& exchange) override;

 private:
  std::optional<Refusal> plan_path(Exchange& exchange);
  bool is_authorized(const Exchange& exchange) const;

  std::shared_ptr<const RouteTable> table_;
  std::vector<SlowAdminHandler> handlers_;
  std::string token_;
  const HttpOptions* options_;
  Clock* clock_;
  Rng* rng_;
};

}  // namespace composable::host
