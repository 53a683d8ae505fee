// backup_sqlite makes a consistent copy of the data file while the store serves. Blocks; not on
// the writer's thread.
#pragma once
#include <string>

#include "absl/status/status.h"

namespace composable::host {

// `to` must not exist. It appears complete and durable, or not at all; until then the copy is at
// `to` + ".part". The copy is marked, so that a log opened from it gets an epoch of its own.
absl::Status backup_sqlite(const std::string& from, const std::string& to, const std::string& vfs);

}  // namespace composable::host
