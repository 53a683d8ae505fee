// These functions apply the data file's settings and decide whether this host can use the file.
// The thread that opens a connection calls them.
#pragma once
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "events/open_progress.hpp"
#include "events/sqlite/connection.hpp"
#include "runtime/clock.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

// Bytes that a WAL keeps when it begins anew; it is not cut below them while it is open.
inline constexpr std::int64_t kWalSizeLimit = 64 << 20;

// kNormal does not sync at commit: a power cut loses answered events. It exists so that tests can
// show that kFull does not lose any.
enum class Synchronous : std::uint8_t { kFull, kNormal };

absl::Status apply_writer_settings(Connection& connection, Synchronous synchronous);
absl::Status apply_reader_settings(Connection& connection);

// Makes the tables of an empty file, and brings those of an older host up to date; refuses a file
// of a newer host. All in one transaction. A file that is a backup gets an epoch of its own,
// because the log that it was taken from may have gone on. `progress` gets lines when an upgrade
// takes long.
absl::Status prepare_schema(Connection& connection, Clock& clock, const OpenProgress& progress);
// Marks the file as a backup, for prepare_schema.
absl::Status mark_as_backup(Connection& connection);

absl::StatusOr<Uuid> read_epoch(Connection& connection);

}  // namespace composable::host
