// Serving is the composition root: it makes the parts of a host, starts them and stops them. No
// other code knows every part. Main thread.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "admin/admin_feed.hpp"
#include "admin/admin_pages.hpp"
#include "admin/host_health.hpp"
#include "app/loaded_domains.hpp"
#include "app/logged_failures.hpp"
#include "app/publication.hpp"
#include "app/serving_reload_host.hpp"
#include "bus/broadcast.hpp"
#include "bus/topics.hpp"
#include "canary/canary.hpp"
#include "config/domain_sections.hpp"
#include "config/load.hpp"
#include "events/event_store.hpp"
#include "http/store_routes.hpp"
#include "net/admin_listener.hpp"
#include "net/server.hpp"
#include "net/websocket_hub.hpp"
#include "observe/metrics.hpp"
#include "reload/kept_builds.hpp"
#include "reload/reloader.hpp"
#include "runtime/clock.hpp"
#include "runtime/rng.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

class Serving {
 public:
  // `observer` is called with every state of every generation, on any thread; it may be empty.
  explicit Serving(const LoadedConfig& config,
                   std::function<void(const GenerationRecord&)> observer = {});
  ~Serving();

  // Loads, opens the log, listens, and rebuilds every state; probes answer meanwhile. From then on
  // plugins may come, change and go.
  absl::Status start();
  void reload_all(std::string_view trigger);
  // The first address that it listens on; once it has started.
  const std::string& address() const { return address_; }
  // Drains and stops. The number of causes that did not end in time; 0 is a clean end.
  std::size_t stop();

 private:
  absl::Status open_events();
  void make_server();
  void make_domains();
  void publish(const ServedDomains::List& served);
  void watch();
  absl::StatusOr<bool> read_sections();
  void warn_of_unknown_sections() const;
  absl::Status listen();
  absl::Status listen_admin();
  absl::Status replay_all();
  void publish(const GenerationRecord& record);  // [any] counts it and passes it on
  AdminSubjects admin_subjects();

  const LoadedConfig& loaded_;
  const Config& config_;
  DomainSections sections_{loaded_};
  const std::function<void(const GenerationRecord&)> observer_;
  std::string address_;
  SystemClock clock_;
  SystemRng rng_;
  MetricsRegistry metrics_;
  BroadcastBus bus_;
  TopicTable topics_;
  LoggedFailures failures_;
  std::unique_ptr<LoadedDomains> domains_;
  std::unique_ptr<EventStore> events_;
  std::unique_ptr<WorkerPool> workers_;
  AdminFeed feed_{clock_, rng_};
  ServedDomains served_;
  ReloadHistory history_{[this](const GenerationRecord& record) { publish(record); }};
  Retirement retirement_;
  KeptBuilds kept_;
  std::unique_ptr<Canary> canary_;
  std::unique_ptr<ServingReloadHost> reload_host_;
  std::unique_ptr<Changeover> changeover_;
  std::unique_ptr<HostHealth> health_;
  StoreRoutes routes_;
  std::vector<WebsocketHub*> hubs_;  // one per loop; owned by the server
  std::unique_ptr<Server> server_;
  std::unique_ptr<Publication> publication_;
  std::unique_ptr<AdminListener> admin_;
  std::unique_ptr<Reloader> reloader_;
  bool reloading_ = false;  // it knows what is refused; set before its thread begins
};

}  // namespace composable::host
