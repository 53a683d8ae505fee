#include "events/sqlite/schema.hpp"

#include <string>

#include "absl/strings/str_format.h"
#include "events/sqlite/checkpoints.hpp"
#include "events/sqlite/dead_letters.hpp"
#include "events/sqlite/snapshots.hpp"
#include "runtime/rng.hpp"

namespace composable::host {
namespace {

// A stream's version and last position are the last entry of event's index by (sid, ver); keeping
// them a second time would cost a page write for each append. Names are stored once and referred to
// by number. `opened` counts openings: see SqliteLog::open.
constexpr char kTablesOfVersion1[] = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE type(tid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE stream(
  sid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  domain TEXT NOT NULL,
  created INTEGER NOT NULL);
CREATE TABLE event(
  pos INTEGER PRIMARY KEY,
  sid INTEGER NOT NULL REFERENCES stream(sid),
  ver INTEGER NOT NULL,
  id BLOB NOT NULL,
  tid INTEGER NOT NULL REFERENCES type(tid),
  ts INTEGER NOT NULL,
  correlation BLOB,
  cause BLOB,
  actor TEXT,
  traceparent TEXT,
  data BLOB NOT NULL,
  crc INTEGER NOT NULL,
  UNIQUE(sid, ver),
  UNIQUE(id));
CREATE TABLE timer(
  domain TEXT NOT NULL,
  key TEXT NOT NULL,
  due INTEGER NOT NULL,
  action_type TEXT NOT NULL,
  data BLOB NOT NULL,
  correlation BLOB,
  cause BLOB,
  actor TEXT,
  traceparent TEXT,
  PRIMARY KEY(domain, key));
CREATE INDEX timer_by_due ON timer(domain, due, key);
)sql";

// Of a stream, events below version `first` are removed: their rows stay, emptied, so that their
// positions, versions and ids are not given again. Adding columns rewrites no row.
constexpr char kColumnsOfVersion2[] = R"sql(
ALTER TABLE stream ADD COLUMN first INTEGER NOT NULL DEFAULT 1;
ALTER TABLE stream ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
)sql";

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

// A log of version 1 becomes one of version 2; a new one begins as version 1, so that both are the
// same.
absl::Status upgrade_to_version_2(Connection& connection) {
  for (const char* sql :
       {kColumnsOfVersion2, kCheckpointTable, kSnapshotTables, kDeadLetterTable}) {
    if (absl::Status s = connection.execute(sql); !s.ok()) return s;
  }
  return write_meta(connection, "schema_version", kSchemaVersion);
}

absl::Status create_tables(Connection& connection, Clock& clock) {
  if (absl::Status s = connection.execute(kTablesOfVersion1); !s.ok()) return s;
  if (absl::Status s = write_new_epoch(connection, clock); !s.ok()) return s;
  return upgrade_to_version_2(connection);
}

absl::Status come_to_our_version(Connection& connection) {
  auto found = connection.integer("SELECT value FROM meta WHERE key = 'schema_version'");
  if (!found.ok()) return found.status();
  if (*found == kSchemaVersion) return absl::OkStatus();
  if (*found == 1) return upgrade_to_version_2(connection);
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

absl::Status prepare_in_transaction(Connection& connection, Clock& clock) {
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
  if (absl::Status s = come_to_our_version(connection); !s.ok()) return s;
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

absl::Status prepare_schema(Connection& connection, Clock& clock) {
  if (absl::Status s = connection.execute("BEGIN IMMEDIATE"); !s.ok()) return s;
  absl::Status status = prepare_in_transaction(connection, clock);
  if (status.ok()) status = connection.execute("COMMIT");
  if (!status.ok()) (void)connection.execute("ROLLBACK");
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
