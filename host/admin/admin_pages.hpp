// make_admin_routes makes the pages of the admin listener. Their handlers run on the admin thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "admin/host_health.hpp"
#include "events/event_store.hpp"
#include "http/admin_router.hpp"
#include "net/body_budget.hpp"
#include "net/websocket_hub.hpp"
#include "observe/metrics.hpp"
#include "reload/reloader.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

// What the pages show; all outlive the listener.
struct AdminSubjects {
  const ServedDomains* served = nullptr;
  Reloader* reloader = nullptr;
  const ReloadHistory* history = nullptr;
  EventStore* events = nullptr;
  HostHealth* health = nullptr;
  const std::vector<WebsocketHub*>* hubs = nullptr;
  WorkerPool* workers = nullptr;
  MetricsRegistry* metrics = nullptr;
  const BodyBudget* bodies = nullptr;
};

// Prometheus' text format. [any]
std::string metrics_page(const AdminSubjects& at);

// GET /_composable/api/health    the domains with their reasons, queues and positions
// GET /_composable/api/domains   what is loaded and what was refused
// GET /_composable/api/events    the log: its head, its queue, its identity
// and those of reload_pages.hpp
// GET /metrics                   Prometheus' text format
AdminRoutes make_admin_routes(AdminSubjects subjects);

}  // namespace composable::host
