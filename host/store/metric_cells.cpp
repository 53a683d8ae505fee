#include "store/metric_cells.hpp"

#include <algorithm>
#include <utility>

namespace composable::host {

MetricCells::MetricCells(MetricsRegistry* registry, std::string domain)
    : registry_(registry), shard_(registry), domain_(std::move(domain)) {
  for (std::size_t kind = 0; kind < StagedEffect::kKinds; ++kind) {
    started_[kind] = failed_[kind] = &uncounted_;
    if (registry == nullptr) continue;
    const std::string_view name = name_of(static_cast<StagedEffect::Kind>(kind));
    started_[kind] = &registry->counter(kEffectsTotal, {domain_, name}, shard_.number());
    failed_[kind] = &registry->counter(kEffectFailuresTotal, {domain_, name}, shard_.number());
  }
}

void MetricCells::resolve(const DomainHandle& domain) {
  for (std::size_t n = applied_.size(); n < domain.actions().size(); ++n) {
    applied_.push_back(registry_ == nullptr
                           ? &uncounted_
                           : &registry_->counter(kActionsTotal, {domain_, domain.actions()[n].name},
                                                 shard_.number()));
  }
}

Counter& MetricCells::deliveries(std::string_view result) {
  return registry_ == nullptr
             ? uncounted_
             : registry_->counter(kTopicDeliveriesTotal, {domain_, result}, shard_.number());
}

// Looked up at the first one, so that a domain that publishes nothing shows nothing.
Counter& MetricCells::published(std::string_view result) {
  if (registry_ == nullptr) return uncounted_;
  Counter*& cell = published_[result];
  if (cell == nullptr) {
    cell = &registry_->counter(kTopicMessagesTotal, {domain_, result}, shard_.number());
  }
  return *cell;
}

void MetricCells::set_refused(std::string_view command, std::int64_t until) {
  if (registry_ == nullptr) return;
  Gauge& gauge = registry_->gauge(kCommandRefusedUntil, {domain_, command});
  gauge.set(until);
  if (std::find(refused_.begin(), refused_.end(), &gauge) == refused_.end()) {
    refused_.push_back(&gauge);
  }
}

void MetricCells::clear_refused() {
  for (Gauge* gauge : refused_) gauge->set(0);
}

StoreMetrics MetricCells::read() const {
  return {decided_.load(std::memory_order_relaxed), effects_.load(std::memory_order_relaxed),
          failures_.load(std::memory_order_relaxed), overloaded_.load(std::memory_order_relaxed)};
}

}  // namespace composable::host
