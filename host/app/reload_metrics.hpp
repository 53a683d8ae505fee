// count_generation counts reloads by their result. [any]
#pragma once
#include "observe/metrics.hpp"
#include "reload/generation_record.hpp"

namespace composable::host {

// Called with each state of `record`; states that end an attempt count. A start is no reload.
void count_generation(const GenerationRecord& record, MetricsRegistry& metrics);

}  // namespace composable::host
