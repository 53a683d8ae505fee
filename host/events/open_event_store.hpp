// The event store that the configuration names. Called once by the application, before it serves.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "events/event_store.hpp"
#include "events/sqlite_proof.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

// What may wait for the writer; beyond it appends are refused as kOverloaded. `memory:` answers at
// once and has no queue.
struct AppendQueueLimits {
  std::size_t requests = 65536;
  std::size_t bytes = 64 << 20;
};

// `url` is `sqlite:` or empty (events.db in `data_dir`, which is created when missing), or
// `memory:`. `progress` is told while the log is proved to be whole. An error never shows the URL:
// it can hold a password.
absl::StatusOr<std::unique_ptr<EventStore>> open_event_store(std::string_view url,
                                                             std::string_view data_dir,
                                                             Clock& clock,
                                                             const AppendQueueLimits& limits = {},
                                                             ProofProgress progress = {});

}  // namespace composable::host
