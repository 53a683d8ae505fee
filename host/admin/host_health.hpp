// HostHealth derives the health of the host from that of its domains and its log. [any]
#pragma once
#include <atomic>
#include <utility>
#include <vector>

#include "events/event_store.hpp"
#include "http/health.hpp"
#include "reload/served_domains.hpp"
#include "runtime/mutex.hpp"
#include "store/unavailable_domain.hpp"

namespace composable::host {

class HostHealth final : public HealthSource {
 public:
  // All outlive this.
  HostHealth(EventStore& events, const ServedDomains& served) : events_(events), served_(served) {}

  void set_unavailable(std::vector<UnavailableDomain> unavailable) {
    const MutexLock lock(mutex_);
    unavailable_ = std::move(unavailable);
  }
  std::vector<UnavailableDomain> unavailable() const {
    const MutexLock lock(mutex_);
    return unavailable_;
  }
  void replayed() { replayed_.store(true, std::memory_order_release); }

  Readiness readiness() override {
    if (!replayed_.load(std::memory_order_acquire)) return Readiness::kStarting;
    return events_.health().ok() ? Readiness::kReady : Readiness::kStoreUnavailable;
  }

  // A domain that is halted, or whose plugin was refused or set aside, serves nothing; the others
  // go on.
  HealthReport report() override {
    HealthReport report;
    const bool writes = events_.health().ok();
    std::size_t unavailable = 0;
    const auto list = served_.list();
    for (const ServedDomain& served : *list) {
      if (served.store == nullptr) continue;
      HealthLevel level = writes ? HealthLevel::kHealthy : HealthLevel::kDegraded;
      if (served.store->health().halted) {
        level = HealthLevel::kUnhealthy;
        ++unavailable;
      }
      report.domains.push_back({served.store->name(), level});
    }
    for (const UnavailableDomain& domain : this->unavailable()) {
      if (ServedDomains::find(*list, domain.name) != nullptr) continue;  // since a moment
      report.domains.push_back({domain.name, HealthLevel::kUnhealthy});
      ++unavailable;
    }
    if (unavailable != 0 || !writes) report.overall = HealthLevel::kDegraded;
    if (unavailable != 0 && unavailable == report.domains.size())
      report.overall = HealthLevel::kUnhealthy;
    return report;
  }

 private:
  EventStore& events_;
  const ServedDomains& served_;
  mutable Mutex mutex_;
  std::vector<UnavailableDomain> unavailable_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> replayed_{false};
};

}  // namespace composable::host
