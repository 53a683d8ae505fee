// How the host is, out of how its domains and its log are. [any]
#pragma once
#include <algorithm>
#include <atomic>

#include "events/event_store.hpp"
#include "http/health.hpp"
#include "plugin/quarantine.hpp"
#include "reload/served_domains.hpp"

namespace composable::host {

class HostHealth final : public HealthSource {
 public:
  // All outlive this.
  HostHealth(EventStore& events, const ServedDomains& served, const Quarantine& quarantine)
      : events_(events), served_(served), quarantine_(quarantine) {}

  void replayed() { replayed_.store(true, std::memory_order_release); }

  Readiness readiness() override {
    if (!replayed_.load(std::memory_order_acquire)) return Readiness::kStarting;
    return events_.health().ok() ? Readiness::kReady : Readiness::kStoreUnavailable;
  }

  // A domain that is halted, or set aside for its crashes, serves nothing; the others go on.
  HealthReport report() override {
    HealthReport report;
    const bool writes = events_.health().ok();
    std::size_t away = 0;
    const auto list = served_.list();
    for (const ServedDomain& served : *list) {
      if (served.store == nullptr) continue;
      HealthLevel level = writes ? HealthLevel::kHealthy : HealthLevel::kDegraded;
      if (served.store->health().halted) {
        level = HealthLevel::kUnhealthy;
        ++away;
      }
      report.domains.push_back({served.store->name(), level});
    }
    for (const std::string& domain : quarantine_.domains()) {
      const bool is_served = std::any_of(report.domains.begin(), report.domains.end(),
                                         [&](const auto& one) { return one.name == domain; });
      if (is_served) continue;  // by another build
      report.domains.push_back({domain, HealthLevel::kUnhealthy});
      ++away;
    }
    if (away != 0 || !writes) report.overall = HealthLevel::kDegraded;
    if (away != 0 && away == report.domains.size()) report.overall = HealthLevel::kUnhealthy;
    return report;
  }

 private:
  EventStore& events_;
  const ServedDomains& served_;
  const Quarantine& quarantine_;
  std::atomic<bool> replayed_{false};
};

}  // namespace composable::host
