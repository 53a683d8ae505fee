// count_generation counts reloads by their result. [any]
#pragma once
#include "observe/metrics.hpp"
#include "reload/generation_record.hpp"

namespace composable::host {

// `record` is told at each of its states; those that end something count. A start is no reload.
void count_generation(const GenerationRecord& record, MetricsRegistry& metrics);

}  // namespace composable::host
