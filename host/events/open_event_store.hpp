// open_event_store opens the event store that the configuration names. The application calls it
// once, before it serves.
#pragma once
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "events/append_queue.hpp"
#include "events/event_store.hpp"
#include "events/open_progress.hpp"
#include "events/stored_log.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

// `url` is `sqlite:` or empty (events.db in `data_dir`, which is created when missing), or
// `memory:`. `progress` gets lines while a large log is opened. An error never shows the URL:
// it can hold a password.
absl::StatusOr<std::unique_ptr<EventStore>> open_event_store(std::string_view url,
                                                             std::string_view data_dir,
                                                             Clock& clock,
                                                             const AppendQueueLimits& limits = {},
                                                             OpenProgress progress = {});

// The log that a store of the same configuration has left, to be read only. Null: it keeps nothing,
// or has stored nothing yet.
absl::StatusOr<std::unique_ptr<StoredLog>> open_stored_log(std::string_view url,
                                                           std::string_view data_dir);

}  // namespace composable::host
