#include "observe/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cassert>
#include <limits>
#include <sstream>

namespace composable::host {
namespace {

constexpr double kNanosecond = 1e-9;

// The cell of `shard`, made when it is asked for first.
template <class Cell, class... Arguments>
Cell& cell_of(std::map<std::size_t, std::unique_ptr<Cell>>& shards, std::size_t shard,
              Arguments... arguments) {
  auto& cell = shards[shard];
  if (!cell) cell = std::make_unique<Cell>(arguments...);
  return *cell;
}

prometheus::MetricType exposed(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

template <class Shards>
double total(const Shards& shards) {
  double sum = 0;
  for (const auto& [shard, cell] : shards) sum += static_cast<double>(cell->value());
  return sum;
}

template <class Shards>
prometheus::ClientMetric::Histogram total(const Shards& shards,
                                          std::span<const std::uint64_t> bounds) {
  prometheus::ClientMetric::Histogram all;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    for (const auto& [shard, cell] : shards) all.sample_count += cell->bucket(i);
    const double bound = i < bounds.size() ? static_cast<double>(bounds[i]) * kNanosecond
                                           : std::numeric_limits<double>::infinity();
    all.bucket.push_back({all.sample_count, bound});
  }
  for (const auto& [shard, cell] : shards) {
    all.sample_sum += static_cast<double>(cell->sum()) * kNanosecond;
  }
  return all;
}

}  // namespace

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) count += bucket(i);
  return count;
}

Counter& MetricsRegistry::counter(const MetricFamily& family, Values values, std::size_t shard) {
  assert(family.type == MetricType::kCounter);
  const MutexLock lock(mutex_);
  return cell_of(series(family, values).counters, shard);
}

Gauge& MetricsRegistry::gauge(const MetricFamily& family, Values values, std::size_t shard) {
  assert(family.type == MetricType::kGauge);
  const MutexLock lock(mutex_);
  return cell_of(series(family, values).gauges, shard);
}

Histogram& MetricsRegistry::histogram(const MetricFamily& family, Values values,
                                      std::size_t shard) {
  assert(family.type == MetricType::kHistogram);
  assert(family.bounds.size() <= Histogram::kMaxBounds);
  const MutexLock lock(mutex_);
  return cell_of(series(family, values).histograms, shard, family.bounds);
}

std::uint64_t MetricsRegistry::value(const MetricFamily& family, Values values) {
  assert(family.type == MetricType::kCounter);
  const MutexLock lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [shard, cell] : series(family, values).counters) sum += cell->value();
  return sum;
}

std::size_t MetricsRegistry::claim_shard() {
  const MutexLock lock(mutex_);
  std::size_t shard = 0;
  while (!claimed_.insert(shard).second) ++shard;
  return shard;
}

void MetricsRegistry::release_shard(std::size_t shard) {
  const MutexLock lock(mutex_);
  claimed_.erase(shard);
}

std::string MetricsRegistry::bounded(Family& family, std::size_t label, std::string_view value) {
  auto& known = family.known[label];
  if (known.find(value) != known.end()) return std::string(value);
  if (value.size() > kMaxValueBytes || known.size() == kMaxValues) return std::string(kOther);
  known.emplace(value);
  return std::string(value);
}

MetricsRegistry::Series& MetricsRegistry::series(const MetricFamily& definition, Values values) {
  assert(values.size() == definition.labels.size());
  Family& family = families_[definition.name];
  family.definition = &definition;
  family.known.resize(values.size());
  LabelValues labels;
  for (const std::string_view value : values) {
    labels.push_back(bounded(family, labels.size(), value));
  }
  const bool full = family.series.size() >= kMaxSeries && family.series.count(labels) == 0;
  if (full) labels.assign(values.size(), std::string(kOther));
  return family.series[labels];
}

std::string MetricsRegistry::text() const {
  std::vector<prometheus::MetricFamily> exposition;
  {
    const MutexLock lock(mutex_);
    for (const auto& [name, family] : families_) {
      const MetricFamily& definition = *family.definition;
      prometheus::MetricFamily out{
          std::string(name), std::string(definition.help), exposed(definition.type), {}};
      for (const auto& [values, series] : family.series) {
        prometheus::ClientMetric metric;
        for (std::size_t i = 0; i < values.size(); ++i) {
          metric.label.push_back({std::string(definition.labels[i]), values[i]});
        }
        metric.counter.value = total(series.counters);
        metric.gauge.value = total(series.gauges);
        metric.histogram = total(series.histograms, definition.bounds);
        out.metric.push_back(std::move(metric));
      }
      exposition.push_back(std::move(out));
    }
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, exposition);
  return std::move(out).str();
}

}  // namespace composable::host
