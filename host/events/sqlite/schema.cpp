#include "events/sqlite/schema.hpp"

#include <string>

#include "absl/strings/str_format.h"
#include "events/sqlite/upgrade.hpp"
#include "runtime/rng.hpp"

namespace composable::host {
namespace {

absl::Status write_meta(Connection& connection, std::string_view key, std::int64_t value) {
  auto statement = connection.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)");
  if (!statement.ok()) return statement.status();
  statement->bind_text(1, key);
  statement->bind(2, value);
  return statement->run();
}

absl::Status write_new_epoch(Connection& connection, Clock& clock) {
  SystemRng rng;
  const Uuid epoch = Uuid::v7(clock.unix_micros(), rng);
  auto statement =
      connection.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES('epoch', ?1)");
  if (!statement.ok()) return statement.status();
  statement->bind_id(1, epoch);
  return statement->run();
}

absl::Status upgrade(Connection& connection, std::int64_t found, const OpenProgress& progress) {
  if (absl::Status s = upgrade_tables(connection, found, progress); !s.ok()) return s;
  return write_meta(connection, "schema_version", kSchemaVersion);
}

absl::Status create_tables(Connection& connection, Clock& clock) {
  if (absl::Status s = create_tables_of_version_1(connection); !s.ok()) return s;
  if (absl::Status s = write_new_epoch(connection, clock); !s.ok()) return s;
  return upgrade(connection, 1, {});
}

absl::Status come_to_our_version(Connection& connection, const OpenProgress& progress) {
  auto found = connection.integer("SELECT value FROM meta WHERE key = 'schema_version'");
  if (!found.ok()) return found.status();
  if (*found == kSchemaVersion) return absl::OkStatus();
  if (*found >= 1 && *found < kSchemaVersion) return upgrade(connection, *found, progress);
  const char* path = sqlite3_db_filename(connection.get(), "main");
  if (*found > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: written by a newer host, found schema_version %d, this host knows %d; run the newer "
        "host, or restore a backup that this one made",
        path, *found, kSchemaVersion));
  }
  return absl::DataLossError(
      absl::StrFormat("%s: not an event log of this host, found schema_version %d, needed %d; "
                      "restore a backup",
                      path, *found, kSchemaVersion));
}

absl::Status give_backup_its_epoch(Connection& connection, Clock& clock) {
  auto backup = connection.integer("SELECT value FROM meta WHERE key = 'backup'");
  if (!backup.ok()) return backup.status();
  if (*backup == 0) return absl::OkStatus();
  if (absl::Status s = write_new_epoch(connection, clock); !s.ok()) return s;
  return connection.execute("DELETE FROM meta WHERE key = 'backup'");
}

absl::Status prepare_in_transaction(Connection& connection, Clock& clock,
                                    const OpenProgress& progress) {
  auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*tables == 0) return create_tables(connection, clock);
  auto ours = connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'");
  if (!ours.ok()) return ours.status();
  if (*ours == 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: a database of another program; move it away, or choose another data "
                        "directory",
                        sqlite3_db_filename(connection.get(), "main")));
  }
  if (absl::Status s = come_to_our_version(connection, progress); !s.ok()) return s;
  return give_backup_its_epoch(connection, clock);
}

}  // namespace

// Only the writer checkpoints, when its queue allows it, and only from its own connection: SQLite
// before 3.51.3 can damage a log when one connection checkpoints while another one writes.
absl::Status apply_writer_settings(Connection& connection, Synchronous synchronous) {
  absl::Status status = connection.execute(
      "PRAGMA journal_mode=WAL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
      "PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0;"
      "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
  if (!status.ok()) return status;
  const std::string limit = absl::StrFormat("PRAGMA journal_size_limit=%d", kWalSizeLimit);
  if (status = connection.execute(limit.c_str()); !status.ok()) return status;
  // The connection is also closed after failures; what is in the WAL then is in doubt.
  sqlite3_db_config(connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return connection.execute(synchronous == Synchronous::kFull ? "PRAGMA synchronous=FULL"
                                                              : "PRAGMA synchronous=NORMAL");
}

absl::Status apply_reader_settings(Connection& connection) {
  return connection.execute(
      "PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
      "PRAGMA trusted_schema=OFF;");
}

// Whether foreign keys are enforced cannot be changed inside a transaction; nor can a table that
// others refer to be made anew while they are.
absl::Status prepare_schema(Connection& connection, Clock& clock, const OpenProgress& progress) {
  absl::Status status = connection.execute("PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  status = prepare_in_transaction(connection, clock, progress);
  if (status.ok()) status = connection.execute("COMMIT");
  if (!status.ok()) (void)connection.execute("ROLLBACK");
  if (status.ok()) status = connection.execute("PRAGMA foreign_keys=ON");
  return status;
}

absl::Status mark_as_backup(Connection& connection) { return write_meta(connection, "backup", 1); }

absl::StatusOr<Uuid> read_epoch(Connection& connection) {
  auto statement = connection.prepare("SELECT value FROM meta WHERE key = 'epoch'");
  if (!statement.ok()) return statement.status();
  const auto row = statement->step();
  if (!row.ok()) return row.status();
  const Uuid epoch = *row ? statement->id(0) : Uuid{};
  if (epoch.is_nil()) {
    return absl::DataLossError(
        absl::StrFormat("%s: the epoch is missing from meta; restore a backup",
                        sqlite3_db_filename(connection.get(), "main")));
  }
  return epoch;
}

}  // namespace composable::host
