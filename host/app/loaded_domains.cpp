#include "app/loaded_domains.hpp"

#include <filesystem>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/crash_watch.hpp"
#include "app/plugin_log.hpp"
#include "crash/crash_file.hpp"
#include "http/method.hpp"
#include "http/route_table.hpp"
#include "observe/log.hpp"

namespace composable::host {
namespace {

std::string abi_text() {
  return absl::StrFormat("%d.%d", COMPOSABLE_ABI_MAJOR, COMPOSABLE_ABI_MINOR);
}

}  // namespace

std::string advice_without_plugins(const Config& config) {
  std::string directories;
  for (const std::string& directory : config.plugins.dirs) {
    directories += (directories.empty() ? "" : ", ") + directory;
  }
  return absl::StrFormat(
      "no plugin is in %s; copy one there, name its directory with --plugins, or begin one with "
      "composable new domain NAME",
      directories.empty() ? "any directory" : directories);
}

LoadedDomains::LoadedDomains(std::unique_ptr<RunDirectory> run, const Config& config,
                             const DomainSections& sections)
    : sections_(sections),
      run_(std::move(run)),
      blocked_(crash_file(config.data_dir),
               read_crash_file(crash_file(config.data_dir)).value_or(""), crash_rule(config)),
      loader_(*run_,
              {.log = log_plugin_line,
               .config = [&sections](std::string_view domain) { return sections.of(domain); },
               .admit = [this](std::string_view build) { return blocked_.admit(build); }}),
      registry_(loader_) {}

absl::StatusOr<std::unique_ptr<LoadedDomains>> LoadedDomains::load(const Config& config,
                                                                   const DomainSections& sections) {
  absl::StatusOr<std::unique_ptr<RunDirectory>> run =
      RunDirectory::open(std::filesystem::path(config.data_dir) / "run");
  if (!run.ok()) return run.status();
  std::unique_ptr<LoadedDomains> loaded(new LoadedDomains(std::move(*run), config, sections));
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

std::vector<std::string> LoadedDomains::names() {
  std::vector<std::string> names;
  for (const LoadedPlugin& plugin : registry_.plugins()) names.push_back(plugin.name());
  for (const RefusedPlugin& refused : registry_.refused()) names.push_back(refused.domain);
  return names;
}

CheckReport LoadedDomains::check_report() {
  CheckReport report;
  const std::vector<std::string> served = names();
  report.warnings = sections_.unknown(std::vector<std::string_view>(served.begin(), served.end()));
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
