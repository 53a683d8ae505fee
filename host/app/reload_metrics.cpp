#include "app/reload_metrics.hpp"

#include <string>

#include "observe/metric_names.hpp"

namespace composable::host {

void count_generation(const GenerationRecord& record, MetricsRegistry& metrics) {
  switch (record.state) {
    case GenerationState::kLive:
      if (record.replaced == 0) break;
      metrics.histogram(kReloadPause)
          .record(static_cast<std::uint64_t>(record.steps.pause_us) * 1000);
      break;
    case GenerationState::kRefused:
    case GenerationState::kUnloaded:
    case GenerationState::kPinned:
      break;
    default:
      return;
  }
  if (record.trigger == "start" && record.state == GenerationState::kLive) return;
  const std::string domain = record.domain.empty() ? "unknown" : record.domain;
  metrics.counter(kReloadsTotal, {domain, name_of(record.state)}).add();
}

}  // namespace composable::host
