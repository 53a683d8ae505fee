#include "app/serving.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "admin/admin_pages.hpp"
#include "app/addresses.hpp"
#include "app/crash_watch.hpp"
#include "app/options_of.hpp"
#include "app/reload_metrics.hpp"
#include "events/data_directory.hpp"
#include "events/open_event_store.hpp"
#include "observe/log.hpp"
#include "observe/log_rate.hpp"
#include "runtime/writers.hpp"

namespace composable::host {
Serving::Serving(const LoadedConfig& config, std::function<void(const GenerationRecord&)> observer)
    : loaded_(config),
      config_(config.config),
      observer_(std::move(observer)),
      retirement_(history_, clock_, std::chrono::milliseconds(config.config.plugins.drain_ms)),
      kept_(std::filesystem::path(config.config.data_dir) / "kept") {}

Serving::~Serving() {
  if (reloader_ != nullptr) reloader_->stop();
  admin_.reset();
  if (server_ != nullptr) server_->stop();
  if (events_ != nullptr) events_->shutdown();
  workers_.reset();
  server_.reset();
  served_.set({});  // the stores, then the code that their states are of
}

absl::Status Serving::start() {
  if (absl::Status s = make_data_directory(config_.data_dir); !s.ok()) return s;
  const absl::Status writers =
      check_directory_writers(config_.data_dir, "a data directory", Identity::of_this_process());
  if (!writers.ok()) {
    log_warn("host", "data_directory_unsafe", {{"reason", std::string(writers.message())}});
  }
  if (absl::Status s = open_events(); !s.ok()) return s;
  watch_crashes(config_);
  absl::StatusOr<std::unique_ptr<LoadedDomains>> domains = LoadedDomains::load(config_, sections_);
  if (!domains.ok()) return domains.status();
  domains_ = std::move(*domains);
  if (domains_->is_empty()) {
    log_warn("plugins", "none", {{"advice", advice_without_plugins(config_)}});
  }
  for (const RefusedPlugin& refused : domains_->registry().refused()) {
    log_error("plugins", "refused", {{"file", refused.file}, {"reason", refused.reason}});
  }
  workers_ = std::make_unique<WorkerPool>(worker_options(config_));
  make_server();
  make_domains();
  if (absl::Status s = listen_admin(); !s.ok()) return s;
  if (absl::Status s = listen(); !s.ok()) return s;
  if (absl::Status s = replay_all(); !s.ok()) return s;
  watch();
  return absl::OkStatus();
}

absl::Status Serving::open_events() {
  absl::StatusOr<std::unique_ptr<EventStore>> events = open_event_store(
      config_.database_url, config_.data_dir, clock_,
      {config_.store.append_requests, config_.store.append_bytes}, [](std::string_view text) {
        log_info("log", "opening", {{"at", text}});
      });
  if (!events.ok()) return events.status();
  events_ = std::move(*events);
  return absl::OkStatus();
}

void Serving::make_server() {
  health_ = std::make_unique<HostHealth>(*events_, served_);
  ServerParts parts;
  parts.handler = &routes_;
  parts.health = health_.get();
  parts.clock = &clock_;
  parts.rng = &rng_;
  parts.log = &failures_;
  parts.websockets = [this, sockets = websocket_options(config_, events_->epoch()),
                      nobody = Publication::nothing()](Loop& loop) {
    auto hub =
        std::make_unique<WebsocketHub>(loop.background(), bus_, nobody, clock_, rng_, sockets);
    hubs_.push_back(hub.get());
    return hub;
  };
  parts.out_of_descriptors = [] {
    log_error("net", "out_of_descriptors",
              {{"advice", "raise the limit of open files (ulimit -n)"}});
  };
  if (config_.http.public_metrics) {
    parts.metrics = [this] { return metrics_page(admin_subjects()); };
  }
  parts.bodies_refused = &metrics_.counter(kHttpBodiesRefusedTotal);
  server_ = std::make_unique<Server>(std::move(parts), http_options(config_),
                                     thread_count(config_.threads));
  publication_ =
      std::make_unique<Publication>(*server_, hubs_, *health_, domains_->blocked_builds());
  server_->loops().front()->on_tick([] { log_rate().tick(); });
}

void Serving::make_domains() {
  canary_ = std::make_unique<Canary>(domains_->run_directory());
  reload_host_ = std::make_unique<ServingReloadHost>(
      config_, sections_,
      StoreEnvironment{events_.get(), &bus_, &server_->scheduler(), &clock_, &rng_, workers_.get(),
                       &metrics_, &topics_},
      [this](const ServedDomains::List& served) { publish(served); });
  changeover_ = std::make_unique<Changeover>(
      ChangeoverParts{.loader = &domains_->loader(),
                      .canary = canary_.get(),
                      .served = &served_,
                      .history = &history_,
                      .retirement = &retirement_,
                      .clock = &clock_,
                      .host = reload_host_.get(),
                      .drain = std::chrono::milliseconds(config_.plugins.drain_ms)});
  reloader_ = std::make_unique<Reloader>(*changeover_, retirement_, served_, kept_);
  for (LoadedPlugin& plugin : domains_->registry().take_plugins()) {
    log_info(plugin.name(), "loaded",
             {{"version", plugin.domain().version()},
              {"file", plugin.file().string()},
              {"build", plugin.build()},
              {"routes", plugin.domain().routes().size()},
              {"topics", plugin.domain().topics().size()},
              {"reloadable", !plugin.permanent()}});
    changeover_->adopt(std::move(plugin));
  }
  server_->start();
  publish(*served_.list());
}

void Serving::publish(const ServedDomains::List& served) {
  publication_->publish(served, reloading_ ? reloader_->refused() : domains_->registry().refused());
}

void Serving::watch() {
  Reloader::Options options;
  options.directories.assign(config_.plugins.dirs.begin(), config_.plugins.dirs.end());
  options.watch = config_.plugins.watch;
  options.refused = domains_->registry().refused();
  options.refused_changed = [this] { publish(*served_.list()); };
  options.may_run = [this](std::string_view build) {
    return !domains_->blocked_builds().has(build);
  };
  options.read_config = [this] { return read_sections(); };
  options.all_reloaded = [this] { warn_of_unknown_sections(); };
  if (const absl::Status s = kept_.open(); !s.ok()) {
    log_warn("plugins", "not_kept", {{"reason", std::string(s.message())}});
  }
  reloading_ = true;
  const absl::Status watched = reloader_->start(std::move(options));
  warn_of_unknown_sections();
  if (const absl::Status& s = watched; !s.ok()) {
    log_warn("plugins", "not_watched", {{"reason", std::string(s.message())}});
  } else if (config_.plugins.watch) {
    log_info("plugins", "watching");
  }
}

// Reports what only a start reads, so that no user waits for it to take effect.
absl::StatusOr<bool> Serving::read_sections() {
  const absl::StatusOr<DomainSections::Reread> reread = sections_.read_again();
  if (!reread.ok()) return reread.status();
  for (const std::string& key : reread->needs_restart) {
    log_warn("config", "needs_restart", {{"key", key}});
  }
  return reread->changed;
}

void Serving::warn_of_unknown_sections() const {
  std::vector<std::string> names;
  const auto served = served_.list();
  for (const ServedDomain& domain : *served) {
    if (domain.store != nullptr) names.push_back(domain.store->name());
  }
  for (const RefusedPlugin& refused : reloader_->refused()) names.push_back(refused.domain);
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const std::string& line : sections_.unknown(known)) {
    log_warn("config", "warned", {{"text", line}});
  }
}

void Serving::reload_all(std::string_view trigger) { reloader_->reload_all(trigger); }

void Serving::publish(const GenerationRecord& record) {
  feed_.publish(record);
  if (observer_) observer_(record);
  count_generation(record, metrics_);
}

absl::Status Serving::listen() {
  absl::StatusOr<std::vector<ListenAddress>> usable = public_addresses(config_.listen);
  if (!usable.ok()) return usable.status();
  std::vector<ListenAddress> addresses = *std::move(usable);
  if (absl::Status s = server_->listen(addresses); !s.ok()) return s;
  for (ListenAddress& address : addresses) {
    if (address.port == 0) address.port = server_->port();
    if (address_.empty()) address_ = address.text();
    log_info("host", "listening", {{"address", address.text()}});
  }
  return absl::OkStatus();
}

absl::Status Serving::listen_admin() {
  const AdminOptions options = admin_options(config_);
  admin_ = std::make_unique<AdminListener>(
      AdminParts{&clock_, &rng_, &failures_, [this](Loop& loop) { return feed_.make_hub(loop); }},
      options, make_admin_routes(admin_subjects()));
  if (absl::Status s = admin_->start(); !s.ok()) return s;
  log_info("admin", "listening", {{"socket", admin_->socket_path()}});
  if (options.tcp) {
    log_info("admin", "listening",
             {{"address", ListenAddress{options.tcp->host, admin_->tcp_port()}.text()}});
  }
  return absl::OkStatus();
}

AdminSubjects Serving::admin_subjects() {
  return {.served = &served_,
          .reloader = reloader_.get(),
          .history = &history_,
          .events = events_.get(),
          .health = health_.get(),
          .hubs = &hubs_,
          .workers = workers_.get(),
          .metrics = &metrics_,
          .bodies = &server_->bodies()};
}

absl::Status Serving::replay_all() {
  const auto served = served_.list();
  for (const ServedDomain& domain : *served) {
    Store* const store = domain.store.get();
    absl::StatusOr<ReplayReport> report = store->replay();
    if (!report.ok()) {
      return absl::Status(report.status().code(),
                          absl::StrFormat("%s: its state could not be rebuilt: %s", store->name(),
                                          std::string(report.status().message())));
    }
    log_info(store->name(), "replayed",
             {{"events", report->events},
              {"after", report->snapshot},
              {"position", report->position},
              {"ms", static_cast<double>(report->micros) / 1000.0}});
  }
  health_->replayed();
  log_info("host", "ready", {{"domains", served->size()}});
  return absl::OkStatus();
}

std::size_t Serving::stop() {
  const auto delay = static_cast<std::int64_t>(config_.drain.delay_ms);
  const auto timeout = static_cast<std::int64_t>(config_.drain.timeout_ms);
  const std::int64_t until = clock_.steady_micros() + (delay + timeout) * 1000;
  const auto left_us = [&] { return std::max<std::int64_t>(1, until - clock_.steady_micros()); };
  reloader_->stop_soon();
  log_info("host", "draining", {{"delay_ms", delay}, {"timeout_ms", timeout}});
  server_->drain(delay, timeout);
  reloader_->stop();
  std::size_t open = 0;
  const auto served = served_.list();
  for (const ServedDomain& domain : *served) {
    if (domain.store != nullptr) open += domain.store->shutdown(left_us());
  }
  const std::int64_t goodbye_ms = std::clamp<std::int64_t>(left_us() / 1000, 100, 2'000);
  server_->close_websockets(1001, "the host is shutting down", goodbye_ms);
  server_->stop();
  events_->shutdown();
  log_rate().finish();
  if (open != 0) {
    log_error("host", "shutdown_timeout", {{"error", "ShutdownTimeout"}, {"causes", open}});
  } else {
    log_info("host", "stopped");
  }
  return open;
}

}  // namespace composable::host
