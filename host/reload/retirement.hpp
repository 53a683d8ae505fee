// Retirement ends generations that no longer serve. What such a generation has begun may finish
// for a while; then its jobs are ended. When nothing holds it, it is destroyed and unmapped, and
// the unmapping is verified. Code that is still mapped is pinned: never called again, and named in
// a record. Reloader's thread only; blocks.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reload/reload_history.hpp"
#include "reload/served_domains.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

// A generation that has been replaced or removed.
struct RetiringGeneration {
  std::shared_ptr<Generation> generation;
  std::shared_ptr<Store> store;          // where its jobs run; null: the domain has ended
  const DomainHandle* domain = nullptr;  // its domain in the store; not to be dereferenced
  std::uint64_t attempt = 0;
  std::vector<std::string> running_jobs;  // of a domain that has ended: cancelled
};

class Retirement {
 public:
  Retirement(ReloadHistory& history, Clock& clock, std::chrono::milliseconds drain)
      : history_(history), clock_(clock), drain_(drain) {}

  void retire(RetiringGeneration retiring);
  // Unmaps pinned generations that are no longer held.
  void look_again();

  bool is_waiting() const { return !held_.empty(); }
  std::size_t pinned() const { return pinned_; }

 private:
  void hold(RetiringGeneration retiring, std::string_view why, std::int64_t drain_us);
  void end(RetiringGeneration retiring, std::int64_t drain_us);
  void unload(RetiringGeneration& retiring, std::int64_t drain_us);

  ReloadHistory& history_;
  Clock& clock_;
  const std::chrono::milliseconds drain_;
  std::vector<RetiringGeneration> held_;
  std::size_t pinned_ = 0;
};

}  // namespace composable::host
