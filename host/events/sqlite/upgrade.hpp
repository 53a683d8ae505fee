// These functions create the tables of the data file and upgrade a file of an older version. They
// run on the thread that opens a connection, inside the transaction that opens the file: a failure
// leaves the file as it was, for the host that wrote it.
#pragma once
#include <cstdint>

#include "absl/status/status.h"
#include "events/open_progress.hpp"
#include "events/sqlite/connection.hpp"

namespace composable::host {

inline constexpr std::int64_t kSchemaVersion = 3;

// The tables of version 1, empty. A new file goes through every version, so that it is the same as
// one that was upgraded.
absl::Status create_tables_of_version_1(Connection& connection);

// From version `found`, 1 or later, to ours. Foreign keys are not enforced meanwhile: the caller
// switches them off before its transaction. `progress` gets lines when it takes long.
absl::Status upgrade_tables(Connection& connection, std::int64_t found,
                            const OpenProgress& progress);

}  // namespace composable::host
