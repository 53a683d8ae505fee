// How the host is, out of how its domains and its log are. [any]
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "events/event_store.hpp"
#include "http/health.hpp"
#include "store/store.hpp"

namespace composable::host {

class HostHealth final : public HealthSource {
 public:
  // All outlive this; `stores` is complete before the first request.
  HostHealth(EventStore& events, const std::vector<std::unique_ptr<Store>>& stores)
      : events_(events), stores_(stores) {}

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
    for (const auto& store : stores_) {
      HealthLevel level = writes ? HealthLevel::kHealthy : HealthLevel::kDegraded;
      if (store->health().halted) {
        level = HealthLevel::kUnhealthy;
        ++halted;
      }
      report.domains.push_back({store->name(), level});
    }
    if (halted != 0 || !writes) report.overall = HealthLevel::kDegraded;
    if (halted != 0 && halted == stores_.size()) report.overall = HealthLevel::kUnhealthy;
    return report;
  }

 private:
  EventStore& events_;
  const std::vector<std::unique_ptr<Store>>& stores_;
  std::atomic<bool> replayed_{false};
};

}  // namespace composable::host
