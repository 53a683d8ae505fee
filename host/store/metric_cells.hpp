// MetricCells counts for one store: cells of the registry, looked up once, and a few numbers of
// its own. Counting is [serial]; add_overloaded() and read() are for any thread.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/domain_handle.hpp"
#include "observe/metrics.hpp"
#include "store/staged_effects.hpp"
#include "store/store.hpp"

namespace composable::host {

class MetricCells {
 public:
  // `registry` may be null: then only the store's own numbers are kept.
  MetricCells(MetricsRegistry* registry, std::string domain);

  // Looks up cells for the action types that `domain` has more than the generation before; the
  // numbers of a domain's types only grow.
  void resolve(const DomainHandle& domain);

  void add_applied(std::uint32_t type) { applied_[type]->add_alone(); }
  void add_decided() { bump(decided_); }
  void add_started(StagedEffect::Kind kind) {
    bump(effects_);
    started_[static_cast<std::size_t>(kind)]->add_alone();
  }
  void add_failed(StagedEffect::Kind kind) {
    bump(failures_);
    failed_[static_cast<std::size_t>(kind)]->add_alone();
  }
  void add_overloaded() { overloaded_.fetch_add(1, std::memory_order_relaxed); }  // [any]

  // Of what is delivered on topics; `result` is handled, failed or refused. Stays for good.
  Counter& deliveries(std::string_view result);
  // Of what was published; `result` is heard, unheard or refused.
  Counter& published(std::string_view result);

  // A command is refused until then, in Unix seconds, for an event that could not be evolved.
  void set_refused(std::string_view command, std::int64_t until);
  void clear_refused();  // none is any more

  StoreMetrics read() const;  // [any]

 private:
  static void bump(std::atomic<std::uint64_t>& cell) {  // one writer: no locked instruction
    cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  MetricsRegistry* const registry_;
  const WriterShard shard_;
  const std::string domain_;
  Counter uncounted_;
  absl::flat_hash_map<std::string_view, Counter*> published_;  // found so far
  std::vector<Gauge*> refused_;                                // those that were ever set
  std::vector<Counter*> applied_;                              // by action type
  std::array<Counter*, StagedEffect::kKinds> started_{}, failed_{};
  std::atomic<std::uint64_t> decided_{0}, effects_{0}, failures_{0}, overloaded_{0};
};

}  // namespace composable::host
