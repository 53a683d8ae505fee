// These functions open the embedded log as the application needs it. The rest of the host includes
// no other header of this folder, and this one includes nothing of SQLite. The opening thread.
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

// Opens events.db in `data_dir`; makes both when they are missing.
absl::StatusOr<std::unique_ptr<EventStore>> open_sqlite_store(std::string_view data_dir,
                                                              Clock& clock,
                                                              const AppendQueueLimits& limits,
                                                              OpenProgress progress);

// Null: nothing is stored there.
absl::StatusOr<std::unique_ptr<StoredLog>> open_sqlite_stored_log(std::string_view data_dir);

}  // namespace composable::host
