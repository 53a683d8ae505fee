#include "admin/admin_pages.hpp"

#include "admin/reload_pages.hpp"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

std::size_t sockets(const AdminSubjects& at) {
  std::size_t open = 0;
  for (const WebsocketHub* hub : *at.hubs) open += hub->connections();
  return open;
}

std::string health_page(const AdminSubjects& at) {
  std::vector<std::string> domains;
  const auto list = at.served->list();
  for (const ServedDomain& served : *list) {
    const Store* const store = served.store.get();
    if (store == nullptr) continue;
    const StoreHealth h = store->health();
    const StoreMetrics m = store->metrics();
    std::vector<std::string> refused;
    for (const RefusedCommand& command : h.refused) {
      refused.push_back(JsonObject()
                            .text("command", command.command)
                            .number("seconds", static_cast<std::uint64_t>(command.seconds))
                            .end());
    }
    domains.push_back(JsonObject()
                          .text("domain", store->name())
                          .text("version", store->domain()->version())
                          .flag("serving", h.serving)
                          .flag("halted", h.halted)
                          .flag("recovering", h.recovering)
                          .text("reason", h.reason)
                          .raw("refused", json_list(refused))
                          .number("position", h.position)
                          .number("mailbox", h.mailbox)
                          .number("flight", h.flight)
                          .number("delays", h.delays)
                          .number("causes", h.causes)
                          .number("jobs", h.jobs)
                          .number("actions_dispatched", m.actions_dispatched)
                          .number("effects_executed", m.effects_executed)
                          .number("effect_failures", m.effect_failures)
                          .number("refused_overloaded", m.refused_overloaded)
                          .end());
  }
  for (const UnavailableDomain& unavailable : at.health->unavailable()) {
    domains.push_back(JsonObject()
                          .text("domain", unavailable.name)
                          .flag("serving", false)
                          .flag("halted", false)
                          .text("reason", unavailable.reason)
                          .end());
  }
  static constexpr const char* kReadiness[] = {"ready", "starting", "draining",
                                               "store_unavailable"};
  return JsonObject()
      .text("readiness", kReadiness[static_cast<int>(at.health->readiness())])
      .number("websocket_connections", sockets(at))
      .number("worker_queue", at.workers->waiting())
      .number("worker_threads", at.workers->threads())
      .number("workers_busy", at.workers->running())
      .raw("domains", json_list(domains))
      .end();
}

std::string domains_page(const AdminSubjects& at) {
  std::vector<std::string> loaded, refused;
  const auto list = at.served->list();
  for (const ServedDomain& served : *list) {
    if (served.store == nullptr) continue;
    const LoadedPlugin& plugin = served.generation->plugin();
    std::vector<std::string> findings;
    for (const Finding& finding : plugin.findings()) {
      std::string text;
      append_json_string(text, finding.text);
      findings.push_back(std::move(text));
    }
    loaded.push_back(JsonObject()
                         .text("domain", plugin.name())
                         .text("file", plugin.file().string())
                         .text("build", plugin.build())
                         .number("generation", plugin.generation())
                         .flag("reloadable", !plugin.permanent())
                         .raw("findings", json_list(findings))
                         .end());
  }
  for (const RefusedPlugin& plugin : at.reloader->refused()) {
    refused.push_back(JsonObject()
                          .text("domain", plugin.domain)
                          .text("file", plugin.file)
                          .text("reason", plugin.reason)
                          .end());
  }
  return JsonObject().raw("loaded", json_list(loaded)).raw("refused", json_list(refused)).end();
}

std::string events_page(const AdminSubjects& at) {
  const EventStoreStats stats = at.events->stats();
  const absl::Status health = at.events->health();
  return JsonObject()
      .text("epoch", at.events->epoch().text())
      .number("head", stats.head)
      .number("commits", stats.commits)
      .number("appends", stats.appends)
      .number("events", stats.events)
      .number("queued_requests", stats.queued_requests)
      .number("queued_bytes", stats.queued_bytes)
      .flag("writable", health.ok())
      .text("reason", std::string(health.message()))
      .end();
}

}  // namespace

// Counters are counted where things happen; gauges are read for each page.
std::string metrics_page(const AdminSubjects& at) {
  at.metrics->gauge(kWsConnections).set(static_cast<std::int64_t>(sockets(at)));
  at.metrics->gauge(kAppendQueueDepth)
      .set(static_cast<std::int64_t>(at.events->stats().queued_requests));
  at.metrics->gauge(kHttpBodyBytes).set(static_cast<std::int64_t>(at.bodies->held()));
  return at.metrics->text();
}

AdminRoutes make_admin_routes(AdminSubjects subjects) {
  AdminRoutes routes;
  const auto page = [&](std::string_view path, std::string (*body)(const AdminSubjects&)) {
    routes
        .add(Method::kGet, path,
             [subjects, body](const RequestView&) { return AdminReply{.body = body(subjects)}; })
        .IgnoreError();  // the paths differ
  };
  page("/_composable/api/health", health_page);
  page("/_composable/api/domains", domains_page);
  page("/_composable/api/events", events_page);
  add_reload_pages(routes, *subjects.reloader, *subjects.history);
  routes
      .add(Method::kGet, "/metrics",
           [subjects](const RequestView&) {
             return AdminReply{.body = metrics_page(subjects),
                               .content_type = std::string(MetricsRegistry::kContentType)};
           })
      .IgnoreError();
  return routes;
}

}  // namespace composable::host
