#include "app/serving.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/admin_pages.hpp"
#include "app/away_domains.hpp"
#include "app/crash_watch.hpp"
#include "config/listen_address.hpp"
#include "events/data_directory.hpp"
#include "events/open_event_store.hpp"
#include "observe/log.hpp"
#include "observe/log_rate.hpp"
#include "store/catalogue.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kWorkerQueue = 65'536;

// Looked for from the newest on, and over all of the log when there is none.
bool is_stored(EventStore& events, std::string_view domain, std::string_view type) {
  const EventFilter filter{std::string(domain), std::string(type)};
  std::uint64_t from = events.stats().head;
  for (;;) {
    const absl::StatusOr<EventPage> page = events.read_all(from, Direction::kBackward, 1, filter);
    if (!page.ok() || !page->events.empty()) return true;  // not known to be absent
    if (!page->more) return false;
    from = page->next;
  }
}

std::uint32_t threads(std::uint64_t configured) {
  if (configured != 0) return static_cast<std::uint32_t>(configured);
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

// Every 5xx is logged, within the rate of its kind; a 500's cause is told nowhere else. A client
// that asks for what nobody serves is no reason to be woken.
class Serving::LoggedFailures final : public FailureLog {
 public:
  void failed(const FailedRequest& request) noexcept override {
    const bool ours = request.status == 500 || request.status == 504;
    const LogLevel level = request.by_client ? LogLevel::kInfo
                           : ours            ? LogLevel::kError
                                             : LogLevel::kWarn;
    std::string kind = absl::StrFormat("%d", request.status);
    if (!request.owner.empty()) kind.append(1, ' ').append(request.owner);
    if (!log_rate().admit(level, "http", "request_failed", kind)) return;
    log_line(level, "http", "request_failed",
             {{"status", request.status},
              {"code", request.code},
              {"method", request.method},
              {"path", request.path},
              {"owner", request.owner},
              {"route", request.route},
              {"cause", request.cause},
              {"correlation_id", request.correlation.text()}});
  }
};

Serving::Serving(const LoadedConfig& config, std::function<void(const GenerationRecord&)> told)
    : loaded_(config),
      config_(config.config),
      told_(std::move(told)),
      failures_(std::make_unique<LoggedFailures>()),
      retirement_(history_, clock_, std::chrono::milliseconds(config.config.plugins.drain_ms)) {}

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
  if (absl::Status s = open_events(); !s.ok()) return s;
  watch_crashes(config_);
  absl::StatusOr<std::unique_ptr<LoadedDomains>> domains = LoadedDomains::load(config_);
  if (!domains.ok()) return domains.status();
  domains_ = std::move(*domains);
  for (const RefusedPlugin& refused : domains_->registry().refused()) {
    log_error("plugins", "refused", {{"file", refused.file}, {"reason", refused.reason}});
  }
  workers_ = std::make_unique<WorkerPool>(threads(config_.workers), kWorkerQueue);
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

HttpOptions Serving::http_options() const {
  HttpOptions options;
  const HttpConfig& http = config_.http;
  options.limits.header_bytes = http.header_bytes;
  options.limits.header_count = http.header_count;
  options.limits.target_bytes = http.target_bytes;
  options.limits.body_bytes = http.body_bytes;
  options.limits.bodies_bytes = http.bodies_bytes;
  options.limits.unsent_bytes = http.unsent_bytes;
  options.limits.connections = http.connections;
  options.limits.request_ms = static_cast<std::int64_t>(http.request_ms);
  options.limits.keep_alive_ms = static_cast<std::int64_t>(http.keep_alive_ms);
  options.limits.write_ms = static_cast<std::int64_t>(http.write_ms);
  options.limits.tick_ms = std::clamp<std::int64_t>(options.limits.request_ms / 4, 10, 1'000);
  options.allowed_origins = config_.allowed_origins;
  options.allowed_hosts = config_.allowed_hosts;
  for (const std::string& text : config_.trusted_proxies) {
    if (const auto range = IpRange::parse(text)) options.trusted_proxies.push_back(*range);
  }
  return options;
}

void Serving::make_server() {
  health_ = std::make_unique<HostHealth>(*events_, served_);
  WebsocketOptions sockets;
  sockets.message_bytes = config_.websocket.message_bytes;
  sockets.messages_per_second = static_cast<std::uint32_t>(config_.websocket.messages_per_second);
  sockets.sockets_per_address = config_.websocket.sockets_per_address;
  sockets.sockets_from_loopback = config_.websocket.sockets_from_loopback;
  sockets.unsent_bytes = config_.websocket.unsent_bytes;
  sockets.ping_interval_us = static_cast<std::int64_t>(config_.websocket.ping_ms) * 1000;
  sockets.epoch = events_->epoch();
  sockets.addresses = std::make_shared<AddressCounts>();
  sockets.warn = [](const std::string& text) { log_warn("ws", "crowded", {{"message", text}}); };
  const auto nobody = std::make_shared<const Catalogue>(Catalogue::Stores());

  ServerParts parts;
  parts.handler = &routes_;
  parts.health = health_.get();
  parts.clock = &clock_;
  parts.rng = &rng_;
  parts.log = failures_.get();
  parts.websockets = [this, sockets, nobody](Loop& loop) -> std::unique_ptr<WebsocketAcceptor> {
    auto hub = std::make_unique<WebsocketHub>(loop.context(), bus_, nobody, clock_, rng_, sockets);
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
  server_ = std::make_unique<Server>(std::move(parts), http_options(), threads(config_.threads));
  server_->loops().front()->on_tick([] { log_rate().tick(); });
}

StoreOptions Serving::store_options(std::uint32_t number) const {
  StoreOptions options;
  options.mailbox = config_.store.mailbox;
  options.flight = config_.store.flight;
  options.flight_bytes = config_.store.append_bytes;
  options.delays = config_.store.delays;
  options.subscriber_actions = config_.store.subscriber_actions;
  options.timeout_ms = static_cast<std::uint32_t>(config_.store.command_ms);
  options.number = number;
  return options;
}

ChangeoverParts Serving::changeover_parts() {
  ChangeoverParts parts;
  parts.loader = &domains_->loader();
  parts.canary = canary_.get();
  parts.served = &served_;
  parts.history = &history_;
  parts.retirement = &retirement_;
  parts.clock = &clock_;
  parts.config = [this](std::string_view domain) { return config_.domain_section(domain); };
  parts.events = [this](std::string_view domain, const CanaryTrial::Visit& visit) {
    return events_->replay(domain, 1, visit);
  };
  parts.is_stored = [this](std::string_view domain, std::string_view type) {
    return is_stored(*events_, domain, type);
  };
  parts.last_position = [this] { return events_->stats().head; };
  parts.check_routes = [](const DomainTables& candidate) {
    return RouteTable::Builder().add(candidate, nullptr);
  };
  parts.store = [this](std::shared_ptr<DomainHandle> domain, std::uint32_t number) {
    const StoreEnvironment environment{events_.get(), &bus_,   &server_->scheduler(),
                                       &clock_,       &rng_,   workers_.get(),
                                       &metrics_,     &topics_};
    return std::make_shared<Store>(std::move(domain), environment, store_options(number));
  };
  parts.publish = [this](const ServedDomains::List& served) { publish(served); };
  parts.drain = std::chrono::milliseconds(config_.plugins.drain_ms);
  return parts;
}

void Serving::make_domains() {
  canary_ = std::make_unique<Canary>(domains_->run_directory());
  changeover_ = std::make_unique<Changeover>(changeover_parts());
  reloader_ = std::make_unique<Reloader>(*changeover_, retirement_, served_);
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

// Every loop has made a round when this returns, so that what it knew of an earlier generation is
// over.
void Serving::publish(const ServedDomains::List& served) {
  RouteTable::Builder table;
  Catalogue::Stores stores;
  for (const ServedDomain& domain : served) {
    stores.push_back(domain.store);
    if (domain.store == nullptr) continue;
    table.add(domain.store->domain()->tables(), domain.store)
        .IgnoreError();  // checked before it served
  }
  std::vector<AwayDomain> away =
      away_domains(reloading_ ? reloader_->refused() : domains_->registry().refused(), served,
                   domains_->quarantine());
  const auto catalogue = std::make_shared<const Catalogue>(std::move(stores), away);
  health_->set_away(away);
  table.set_away(std::move(away));
  for (std::size_t n = 0; n < hubs_.size(); ++n) {
    server_->loops()[n]->run_and_wait([&] { hubs_[n]->set_catalogue(catalogue); });
  }
  server_->set_routes(std::move(table).build());
}

void Serving::watch() {
  Reloader::Options options;
  options.directories.assign(config_.plugins.dirs.begin(), config_.plugins.dirs.end());
  options.watch = config_.plugins.watch;
  options.refused = domains_->registry().refused();
  options.refused_changed = [this] { publish(*served_.list()); };
  reloading_ = true;
  if (const absl::Status s = reloader_->start(std::move(options)); !s.ok()) {
    log_warn("plugins", "not_watched", {{"reason", std::string(s.message())}});
  } else if (config_.plugins.watch) {
    log_info("plugins", "watching");
  }
}

void Serving::reload_all(std::string_view trigger) { reloader_->reload_all(trigger); }

void Serving::tell(const GenerationRecord& record) {
  feed_.tell(record);
  if (told_) told_(record);
  switch (record.state) {
    case GenerationState::kLive:
      if (record.replaced == 0) break;
      metrics_.histogram(kReloadPause)
          .record(static_cast<std::uint64_t>(record.steps.pause_us) * 1000);
      break;
    case GenerationState::kRefused:
    case GenerationState::kUnloaded:
    case GenerationState::kQuarantined:
      break;
    default:
      return;
  }
  if (record.trigger == "start" && record.state == GenerationState::kLive) return;
  const std::string domain = record.domain.empty() ? "unknown" : record.domain;
  metrics_.counter(kReloadsTotal, {domain, name_of(record.state)}).add();
}

absl::Status Serving::listen() {
  std::vector<ListenAddress> addresses;
  for (const ConfiguredAddress& address : listen_addresses(config_.listen)) {
    addresses.push_back({address.host, address.port});
  }
  if (absl::Status s = server_->listen(addresses); !s.ok()) return s;
  for (ListenAddress& address : addresses) {
    if (address.port == 0) address.port = server_->port();
    if (address_.empty()) address_ = address.text();
    log_info("host", "listening", {{"address", address.text()}});
  }
  return absl::OkStatus();
}

absl::Status Serving::listen_admin() {
  AdminOptions options;
  options.data_directory = config_.data_dir;
  if (ConfiguredAddress address; parse_listen_address(config_.admin.listen, address)) {
    options.tcp = ListenAddress{address.host.empty() ? "127.0.0.1" : address.host, address.port};
  }
  admin_ = std::make_unique<AdminListener>(
      AdminParts{&clock_, &rng_, failures_.get(),
                 [this](Loop& loop) { return feed_.make_hub(loop); }},
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
