// Counters, gauges and histograms, and their text for Prometheus. Cells are looked up once, at
// start or when a domain loads, and kept; counting is then one or two relaxed operations on any
// thread, without a lock. Registry calls take a lock and belong off the hot path.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "observe/metric_names.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

// One cache line each, so that two threads' cells never share one.
class alignas(64) Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  // For a cell that one thread at a time writes, as a store those of its WriterShard: no locked
  // instruction.
  void add_alone(std::uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class alignas(64) Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

class alignas(64) Histogram {
 public:
  static constexpr std::size_t kMaxBounds = 20;

  explicit Histogram(std::span<const std::uint64_t> bounds) : bounds_(bounds) {}

  void record(std::uint64_t nanoseconds) {
    buckets_[bucket_of(nanoseconds)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(nanoseconds, std::memory_order_relaxed);
  }

  std::uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }  // nanoseconds
  std::uint64_t count() const;
  // Of bucket `i` alone; the one past the last bound has what lies above it.
  std::uint64_t bucket(std::size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }

 private:
  using Cell = std::atomic<std::uint64_t>;
  std::size_t bucket_of(std::uint64_t nanoseconds) const {
    std::size_t i = 0;  // most values lie in the first few, which a search by halves would miss
    while (i < bounds_.size() && nanoseconds > bounds_[i]) ++i;
    return i;
  }

  const std::span<const std::uint64_t> bounds_;
  Cell sum_{0};
  std::array<Cell, kMaxBounds + 1> buckets_{};
};

// Every cell of the process. Cells live as long as the registry; asking again for the same labels
// gives the same cell. A family that several loops count in without sharing a cache line asks with
// the loop's number as `shard`; shards are summed in the text.
//
// Clients can invent label values, so they are bounded: the first kMaxValues distinct values of
// each label are kept, later ones count as `other`; beyond kMaxSeries combinations all labels do.
class MetricsRegistry {
 public:
  static constexpr std::size_t kMaxValues = 128;
  static constexpr std::size_t kMaxSeries = 2048;
  static constexpr std::size_t kMaxValueBytes = 128;
  static constexpr std::string_view kOther = "other";
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  using Values = std::initializer_list<std::string_view>;

  // `values` are those of the family's labels, in their order. References stay valid.
  Counter& counter(const MetricFamily& family, Values values = {}, std::size_t shard = 0);
  Gauge& gauge(const MetricFamily& family, Values values = {}, std::size_t shard = 0);
  Histogram& histogram(const MetricFamily& family, Values values = {}, std::size_t shard = 0);

  // What a counter stands at, all shards together.
  std::uint64_t value(const MetricFamily& family, Values values = {});

  // The smallest shard that no other WriterShard has.
  std::size_t claim_shard();
  void release_shard(std::size_t shard);

  // Prometheus' text exposition format, version 0.0.4.
  std::string text() const;

 private:
  struct Series {
    std::map<std::size_t, std::unique_ptr<Counter>> counters;  // by shard
    std::map<std::size_t, std::unique_ptr<Gauge>> gauges;
    std::map<std::size_t, std::unique_ptr<Histogram>> histograms;
  };
  using LabelValues = std::vector<std::string>;
  struct Family {
    const MetricFamily* definition = nullptr;
    std::vector<std::set<std::string, std::less<>>> known;  // of each label
    std::map<LabelValues, Series> series;
  };

  Series& series(const MetricFamily& family, Values values) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static std::string bounded(Family& family, std::size_t label, std::string_view value);

  mutable Mutex mutex_;
  std::map<std::string_view, Family> families_ ABSL_GUARDED_BY(mutex_);
  std::set<std::size_t> claimed_ ABSL_GUARDED_BY(mutex_);
};

// A shard that one writer has for itself while this lives. Two writers of one name, such as the
// stores of a domain that is removed and added again, never write the same cell. The next writer
// goes on with the cells of one that ended. `registry` may be null, and outlives this.
class WriterShard {
 public:
  explicit WriterShard(MetricsRegistry* registry)
      : registry_(registry), number_(registry == nullptr ? 0 : registry->claim_shard()) {}
  ~WriterShard() {
    if (registry_ != nullptr) registry_->release_shard(number_);
  }
  WriterShard(const WriterShard&) = delete;
  WriterShard& operator=(const WriterShard&) = delete;

  std::size_t number() const { return number_; }

 private:
  MetricsRegistry* const registry_;
  const std::size_t number_;
};

}  // namespace composable::host
