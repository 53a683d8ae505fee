// LoadedDomains loads the domains of a host, from the plugin directories to a route table: the
// part that `run`, `check` and `routes` share. Main thread, before anything serves.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/report.hpp"
#include "config/config.hpp"
#include "config/domain_sections.hpp"
#include "crash/blocked_builds.hpp"
#include "plugin/loader.hpp"
#include "plugin/private_copy.hpp"
#include "plugin/registry.hpp"

namespace composable::host {

// Says what to do when the plugin directories hold no plugin.
std::string advice_without_plugins(const Config& config);

class LoadedDomains {
 public:
  // Loads every plugin and refuses those whose routes cannot be served. Fails when a directory
  // cannot be read or the run directory cannot be made; one bad plugin is no failure.
  // `sections` outlives the result.
  static absl::StatusOr<std::unique_ptr<LoadedDomains>> load(const Config& config,
                                                             const DomainSections& sections);

  Registry& registry() { return registry_; }
  Loader& loader() { return loader_; }
  RunDirectory& run_directory() { return *run_; }
  const BlockedBuilds& blocked_builds() const { return blocked_; }

  // No directory holds a plugin file.
  bool is_empty() { return registry_.plugins().empty() && registry_.refused().empty(); }
  // The domains of the plugin files, refused ones included.
  std::vector<std::string> names();
  CheckReport check_report();
  RoutesReport routes_report();

 private:
  LoadedDomains(std::unique_ptr<RunDirectory> run, const Config& config,
                const DomainSections& sections);

  const DomainSections& sections_;
  std::unique_ptr<RunDirectory> run_;
  BlockedBuilds blocked_;
  Loader loader_;
  Registry registry_;
};

}  // namespace composable::host
