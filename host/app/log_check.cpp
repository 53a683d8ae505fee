#include "app/log_check.hpp"

#include <memory>
#include <string>
#include <string_view>

#include "canary/canary.hpp"
#include "events/open_event_store.hpp"
#include "reload/changeover.hpp"

namespace composable::host {
namespace {

bool is_durable(LoadedDomains& domains, std::string_view name) {
  const LoadedPlugin* const plugin = domains.registry().find(name);
  return plugin != nullptr && plugin->domain().tables().durable();
}

}  // namespace

void check_log(LoadedDomains& domains, const Config& config, const DomainSections& sections,
               CheckReport& report) {
  const auto log = open_stored_log(config.database_url, config.data_dir);
  if (!log.ok()) {
    report.problems.emplace_back(log.status().message());
    return;
  }
  const absl::StatusOr<std::uint64_t> head = *log == nullptr ? 0 : (*log)->head();
  if (!head.ok()) {
    report.problems.emplace_back(head.status().message());
    return;
  }
  Canary canary(domains.run_directory());
  for (DomainCheck& check : report.domains) {
    if (!check.ok || !is_durable(domains, check.name)) continue;
    CanaryTrial trial;
    trial.file = check.file;
    trial.config = [&](std::string_view domain) { return sections.of(domain); };
    trial.events = [&](std::string_view domain, const CanaryTrial::Visit& visit) {
      return *log == nullptr ? absl::OkStatus() : (*log)->replay(domain, visit);
    };
    trial.deadline = Changeover::trial_deadline(*head);
    const absl::StatusOr<CanaryReport> tried = canary.try_candidate(trial);
    if (tried.ok()) {
      check.replayed = tried->events;
    } else {
      check.ok = false;
      check.reason = std::string(tried.status().message());
    }
  }
}

}  // namespace composable::host
