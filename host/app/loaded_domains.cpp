#include "app/loaded_domains.hpp"

#include <filesystem>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/crash_watch.hpp"
#include "app/plugin_log.hpp"
#include "http/method.hpp"
#include "http/route_table.hpp"
#include "observe/log.hpp"
#include "plugin/crash_file.hpp"

namespace composable::host {
namespace {

std::string abi_text() {
  return absl::StrFormat("%d.%d", COMPOSABLE_ABI_MAJOR, COMPOSABLE_ABI_MINOR);
}

}  // namespace

LoadedDomains::LoadedDomains(std::unique_ptr<RunDirectory> run, const Config& config)
    : run_(std::move(run)),
      quarantine_(crash_file(config.data_dir),
                  read_crash_file(crash_file(config.data_dir)).value_or(""), crash_rule(config)),
      loader_(
          *run_,
          {.log = log_plugin_line,
           .config = [&config](std::string_view domain) { return config.domain_section(domain); },
           .admit = [this](std::string_view build) { return quarantine_.admit(build); }}),
      registry_(loader_) {}

absl::StatusOr<std::unique_ptr<LoadedDomains>> LoadedDomains::load(const Config& config) {
  absl::StatusOr<std::unique_ptr<RunDirectory>> run =
      RunDirectory::open(std::filesystem::path(config.data_dir) / "run");
  if (!run.ok()) return run.status();
  std::unique_ptr<LoadedDomains> loaded(new LoadedDomains(std::move(*run), config));
  const std::vector<std::filesystem::path> directories(config.plugins.dirs.begin(),
                                                       config.plugins.dirs.end());
  if (absl::Status s = loaded->registry_.load(directories); !s.ok()) return s;

  // A clash of routes: the later plugin is refused, and both are named.
  RouteTable::Builder table;
  std::vector<std::pair<std::string, std::string>> clashes;
  for (const LoadedPlugin& plugin : loaded->registry_.plugins()) {
    const absl::Status status = table.add(plugin.domain().tables(), nullptr);
    if (!status.ok()) clashes.emplace_back(plugin.name(), status.message());
  }
  for (const auto& [domain, reason] : clashes) loaded->registry_.refuse(domain, reason);
  return loaded;
}

CheckReport LoadedDomains::check_report() {
  CheckReport report;
  for (const LoadedPlugin& plugin : registry_.plugins()) {
    DomainCheck& check = report.domains.emplace_back();
    check.ok = true;
    check.name = plugin.name();
    check.file = plugin.file().string();
    const DomainTables& domain = plugin.domain().tables();
    check.version = domain.version();
    check.abi = abi_text();
    check.routes = domain.routes().size();
    check.topics = domain.topics().size();
    for (const Finding& finding : plugin.findings()) {
      check.findings.push_back({finding.text, finding.permanent});
    }
  }
  for (const RefusedPlugin& refused : registry_.refused()) {
    DomainCheck& check = report.domains.emplace_back();
    check.name = std::filesystem::path(refused.file).stem().string();
    check.file = refused.file;
    check.reason = refused.reason;
  }
  return report;
}

RoutesReport LoadedDomains::routes_report() {
  RoutesReport report;
  for (const LoadedPlugin& plugin : registry_.plugins()) {
    const DomainTables& domain = plugin.domain().tables();
    for (const RouteType& route : domain.routes()) {
      const bool reads = route.kind == COMPOSABLE_ROUTE_READ;
      report.routes.push_back({std::string(method_name(static_cast<Method>(route.method))),
                               "/api/v1/" + domain.name() + route.pattern, domain.name(),
                               reads ? "" : domain.actions()[route.command].name});
    }
    for (const TopicSubscription& topic : domain.topics()) {
      report.topics.push_back({topic.topic, domain.name(), domain.actions()[topic.action].name});
    }
  }
  report.loaded = check_report();
  return report;
}

}  // namespace composable::host
