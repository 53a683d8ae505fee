// How the host is, out of how its domains and its log are. [any]
#pragma once
#include <atomic>

#include "events/event_store.hpp"
#include "http/health.hpp"
#include "reload/served_domains.hpp"

namespace composable::host {

class HostHealth final : public HealthSource {
 public:
  // All outlive this.
  HostHealth(EventStore& events, const ServedDomains& served) : events_(events), served_(served) {}

  void replayed() { replayed_.store(true, std::memory_order_release); }

  Readiness readiness() override {
    if (!replayed_.load(std::memory_order_acquire)) return Readiness::kStarting;
    return events_.health().ok() ? Readiness::kReady : Readiness::kStoreUnavailable;
  }

  // A halted domain serves nothing; the others go on.
  HealthReport report() override {
    HealthReport report;
    const bool writes = events_.health().ok();
    std::size_t halted = 0;
    const auto list = served_.list();
    for (const ServedDomain& served : *list) {
      if (served.store == nullptr) continue;
      HealthLevel level = writes ? HealthLevel::kHealthy : HealthLevel::kDegraded;
      if (served.store->health().halted) {
        level = HealthLevel::kUnhealthy;
        ++halted;
      }
      report.domains.push_back({served.store->name(), level});
    }
    if (halted != 0 || !writes) report.overall = HealthLevel::kDegraded;
    if (halted != 0 && halted == report.domains.size()) report.overall = HealthLevel::kUnhealthy;
    return report;
  }

 private:
  EventStore& events_;
  const ServedDomains& served_;
  std::atomic<bool> replayed_{false};
};

}  // namespace composable::host
