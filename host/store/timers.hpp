// Timers runs the delays of one store: actions that decide sends to itself later. Each delay of a
// durable domain has a row in the log, written in the same commit as the events it was decided
// with. [serial]
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "store/delays.hpp"
#include "store/effect_host.hpp"
#include "store/metric_cells.hpp"

namespace composable::host {

class Timers {
 public:
  // Removes rows from the log, in the order of what else is decided.
  class Rows {
   public:
    virtual ~Rows() = default;
    virtual void forget_row(std::string key) STORE_SERIAL = 0;
    // Whether what is on its way to the log writes a row of this name.
    virtual bool writes_row(const std::string& key) const = 0;
  };

  // At most `max` are pending.
  Timers(EffectHost& host, Rows& rows, MetricCells& cells, Clock& clock, std::size_t max)
      : host_(host), rows_(rows), cells_(cells), clock_(clock), max_(max) {}

  // Replaces the pending delay of its key, if there is one.
  void start(StagedEffect& effect, Scope& scope) STORE_SERIAL;
  // Leaves its row alone when the same commit has removed that already.
  void cancel(const StagedEffect& effect) STORE_SERIAL;
  bool stored(const std::string& key) const { return delays_.stored(key); }
  // Has the action decided in `micros`, as a part of the scope's cause. Beyond the bound, for what
  // the domain made for itself.
  void postpone(std::uint32_t type, std::string data, Scope& scope, std::int64_t micros);
  void fire_due() STORE_SERIAL;

  // Whether the row of this name is that of a later delay, pending or in flight.
  bool has_new_row(const std::string& key) const {
    return delays_.stored(key) || rows_.writes_row(key);
  }
  // Removes the row of a delay that has fired, unless it is that of a later one.
  void forget(std::string key) STORE_SERIAL;
  // Arms what the log has, in place of what it had before. The types are those of `domain`, which
  // may not know all of them: that is logged.
  void arm(std::vector<StoredTimer>& rows, const DomainHandle& domain);

  std::int64_t earliest() const { return delays_.earliest(); }                // Unix microseconds
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // [any]

 private:
  void count() { size_.store(delays_.size(), std::memory_order_relaxed); }

  EffectHost& host_;
  Rows& rows_;
  MetricCells& cells_;
  Clock& clock_;
  const std::size_t max_;
  Delays delays_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace composable::host
