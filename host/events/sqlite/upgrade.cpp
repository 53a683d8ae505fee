#include "events/sqlite/upgrade.hpp"

#include "absl/strings/str_format.h"
#include "events/sqlite/checkpoints.hpp"
#include "events/sqlite/dead_letters.hpp"
#include "events/sqlite/progress_reporter.hpp"
#include "events/sqlite/snapshots.hpp"

namespace composable::host {
namespace {

// A stream's version and last position are the last entry of event's index by (sid, ver); keeping
// them a second time would cost a page write for each append. Names are stored once and referred to
// by number. `opened` of meta counts openings: see SqliteLog::open.
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

// A stream's name is unique in its domain, where it was unique in the log; a constraint of a table
// cannot be taken back, so the table is made anew, with the same numbers: events refer to them and
// their checksums cover them. `owner` is the user that the stream belongs to, NULL for none.
constexpr char kStreamTable[] = R"sql(
CREATE TABLE stream_of_domain(
  sid INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,
  name TEXT NOT NULL,
  created INTEGER NOT NULL,
  first INTEGER NOT NULL DEFAULT 1,
  deleted INTEGER NOT NULL DEFAULT 0,
  owner TEXT);
)sql";
constexpr char kCopyStreams[] =
    "INSERT INTO stream_of_domain(sid, domain, name, created, first, deleted)"
    " SELECT sid, domain, name, created, first, deleted FROM stream WHERE sid > ?1"
    " ORDER BY sid LIMIT ?2";
// An index that is created last is sorted once; one that grows with the table would be rewritten
// all the time.
constexpr char kUseStreamTable[] = R"sql(
DROP TABLE stream;
ALTER TABLE stream_of_domain RENAME TO stream;
CREATE UNIQUE INDEX stream_by_name ON stream(domain, name);
)sql";

// `audience` is an Audience, NULL for kUnknown. Adding columns rewrites no row.
//
// `request` holds what became of a command that a client may send again under a key of its own.
// `id` is a digest of principal, command and key, unique in its domain: a key without a principal
// works like a password, so it is not kept. `digest` is of what was asked, to tell another request
// with the same key. The positions are of the events stored for it, NULL while there are none;
// `answer` is NULL while it has only begun. Rows end at `expires`.
constexpr char kColumnsOfVersion3[] = R"sql(
ALTER TABLE event ADD COLUMN audience INTEGER;
ALTER TABLE event ADD COLUMN user TEXT;
CREATE TABLE request(
  domain TEXT NOT NULL,
  id BLOB NOT NULL,
  principal TEXT,
  digest BLOB NOT NULL,
  first_position INTEGER,
  last_position INTEGER,
  answer BLOB,
  began INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY(domain, id)) WITHOUT ROWID;
CREATE INDEX request_by_principal ON request(principal, began);
CREATE INDEX request_by_end ON request(expires);
)sql";

constexpr std::int64_t kStreamsAtOnce = 10'000;

absl::Status upgrade_to_version_2(Connection& connection) {
  for (const char* sql :
       {kColumnsOfVersion2, kCheckpointTable, kSnapshotTables, kDeadLetterTable}) {
    if (absl::Status s = connection.execute(sql); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status copy_streams(Connection& connection, ProgressReporter& progress) {
  const auto all = connection.integer("SELECT count(*) FROM stream");
  if (!all.ok()) return all.status();
  auto copy = connection.prepare(kCopyStreams);
  if (!copy.ok()) return copy.status();
  std::int64_t copied = 0, last = 0;
  while (copied < *all) {
    copy->bind(1, last);
    copy->bind(2, kStreamsAtOnce);
    if (absl::Status s = copy->run(); !s.ok()) return s;
    const int more = sqlite3_changes(connection.get());
    if (more == 0) {
      return absl::DataLossError(absl::StrFormat(
          "%s: the log is damaged: found %d streams of %d; stop the host, keep a copy of the file, "
          "and restore a backup",
          sqlite3_db_filename(connection.get(), "main"), copied, *all));
    }
    copied += more;
    const auto max = connection.integer("SELECT max(sid) FROM stream_of_domain");
    if (!max.ok()) return max.status();
    last = *max;
    progress.moved(static_cast<std::uint64_t>(copied), static_cast<std::uint64_t>(*all));
  }
  return absl::OkStatus();
}

absl::Status upgrade_to_version_3(Connection& connection, const OpenProgress& progress) {
  ProgressReporter reporter(sqlite3_db_filename(connection.get(), "main"),
                            "upgrading the file to version 3", "counting streams", "streams",
                            progress);
  if (absl::Status s = connection.execute(kStreamTable); !s.ok()) return s;
  if (absl::Status s = copy_streams(connection, reporter); !s.ok()) return s;
  if (absl::Status s = connection.execute(kUseStreamTable); !s.ok()) return s;
  return connection.execute(kColumnsOfVersion3);
}

}  // namespace

absl::Status create_tables_of_version_1(Connection& connection) {
  return connection.execute(kTablesOfVersion1);
}

absl::Status upgrade_tables(Connection& connection, std::int64_t found,
                            const OpenProgress& progress) {
  if (found < 2) {
    if (absl::Status s = upgrade_to_version_2(connection); !s.ok()) return s;
  }
  if (found < 3) {
    if (absl::Status s = upgrade_to_version_3(connection, progress); !s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace composable::host
