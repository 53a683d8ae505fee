#include "events/sqlite/snapshots.hpp"

#include <utility>

#include "events/sqlite/connection.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kPartBytes = 256 << 10;

SnapshotInfo info_of(const Statement& row) {
  return {std::string(row.bytes(0)), std::string(row.bytes(1)),
          static_cast<std::uint64_t>(row.integer(2)), static_cast<std::uint64_t>(row.integer(3)),
          row.integer(4)};
}

absl::StatusOr<std::vector<SnapshotInfo>> infos(Connection& connection, std::string_view domain) {
  auto statement = connection.prepare(
      "SELECT domain, schema, pos, size, saved FROM snapshot WHERE domain = ?1 AND whole"
      " ORDER BY pos DESC, number DESC");
  if (!statement.ok()) return statement.status();
  statement->bind_text(1, domain);
  std::vector<SnapshotInfo> found;
  while (true) {
    const auto row = statement->step();
    if (!row.ok()) return row.status();
    if (!*row) return found;
    found.push_back(info_of(*statement));
  }
}

}  // namespace

const char kSnapshotTables[] = R"sql(
CREATE TABLE snapshot(
  number INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,
  schema TEXT NOT NULL,
  pos INTEGER NOT NULL,
  size INTEGER NOT NULL,
  saved INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  whole INTEGER NOT NULL);
CREATE INDEX snapshot_by_domain ON snapshot(domain, pos);
CREATE TABLE snapshot_part(
  number INTEGER NOT NULL,
  part INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY(number, part));
)sql";

absl::StatusOr<bool> SqliteSnapshots::save(const std::string& domain, const std::string& schema,
                                           std::uint64_t position, std::string_view data) {
  const MutexLock lock(changing_);
  if (absl::Status s = sweep(); !s.ok()) return s;
  const SnapshotInfo info{domain, schema, position, data.size(), clock_.unix_micros()};
  const auto number = begin(info, data);
  if (!number.ok()) return number.status();
  if (*number == 0) return false;
  if (absl::Status s = write_parts(*number, data); !s.ok()) return s;
  if (absl::Status s = publish(*number, info); !s.ok()) return s;
  (void)sweep();  // what is left over goes with the next one
  return true;
}

absl::StatusOr<std::int64_t> SqliteSnapshots::begin(const SnapshotInfo& info,
                                                    std::string_view data) {
  const std::int64_t checksum = snapshot_checksum(info, data);
  std::int64_t number = 0;
  const absl::Status status = writer_.write([&](SqliteLog& log, absl::Status& refused) {
    refused = check_snapshot(info.domain, info.schema, info.position, data.size(), log.head());
    if (!refused.ok()) return absl::OkStatus();
    Connection& connection = log.connection();
    const auto others = infos(connection, info.domain);
    if (!others.ok()) return others.status();
    if (!is_newer(*others, info.schema, info.position, log.head())) return absl::OkStatus();
    auto statement = connection.prepare(
        "INSERT INTO snapshot(domain, schema, pos, size, saved, crc, whole)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0)");
    if (!statement.ok()) return statement.status();
    statement->bind_text(1, info.domain);
    statement->bind_text(2, info.schema);
    statement->bind(3, info.position);
    statement->bind(4, info.bytes);
    statement->bind(5, info.saved_at_us);
    statement->bind(6, checksum);
    if (absl::Status s = statement->run(); !s.ok()) return s;
    number = sqlite3_last_insert_rowid(connection.get());
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return number;
}

absl::Status SqliteSnapshots::write_parts(std::int64_t number, std::string_view data) {
  std::int64_t part = 0;
  for (std::size_t at = 0; at < data.size(); at += kPartBytes) {
    const absl::Status status = writer_.write([&](SqliteLog& log, absl::Status&) {
      auto statement = log.connection().prepare(
          "INSERT INTO snapshot_part(number, part, data) VALUES(?1, ?2, ?3)");
      if (!statement.ok()) return statement.status();
      statement->bind(1, number);
      statement->bind(2, part);
      statement->bind_blob(3, data.substr(at, kPartBytes));
      return statement->run();
    });
    if (!status.ok()) return status;
    ++part;
  }
  return absl::OkStatus();
}

absl::Status SqliteSnapshots::publish(std::int64_t number, const SnapshotInfo& info) {
  return writer_.write([&](SqliteLog& log, absl::Status&) {
    const std::pair<const char*, bool> steps[] = {
        {"UPDATE snapshot SET whole = 0 WHERE domain = ?2 AND schema = ?3 AND number <> ?1", true},
        {"UPDATE snapshot SET whole = 1 WHERE number = ?1", false},
    };
    for (const auto& [sql, of_schema] : steps) {
      auto statement = log.connection().prepare(sql);
      if (!statement.ok()) return statement.status();
      statement->bind(1, number);
      if (of_schema) {
        statement->bind_text(2, info.domain);
        statement->bind_text(3, info.schema);
      }
      if (absl::Status s = statement->run(); !s.ok()) return s;
    }
    auto surplus = log.connection().prepare(
        "UPDATE snapshot SET whole = 0 WHERE number IN (SELECT number FROM snapshot"
        " WHERE domain = ?1 AND whole ORDER BY pos DESC, number DESC LIMIT -1 OFFSET ?2)");
    if (!surplus.ok()) return surplus.status();
    surplus->bind_text(1, info.domain);
    surplus->bind(2, std::uint64_t{kSnapshotsOfADomain});
    return surplus->run();
  });
}

absl::Status SqliteSnapshots::sweep() {
  bool more = true;
  while (more) {
    const absl::Status status = writer_.write([&](SqliteLog& log, absl::Status&) {
      Connection& connection = log.connection();
      absl::Status s = connection.execute(
          "DELETE FROM snapshot_part WHERE rowid IN (SELECT p.rowid FROM snapshot s"
          " JOIN snapshot_part p ON p.number = s.number WHERE NOT s.whole LIMIT 4)");
      if (!s.ok()) return s;
      more = sqlite3_changes(connection.get()) > 0;
      return more ? absl::OkStatus() : connection.execute("DELETE FROM snapshot WHERE NOT whole");
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<SnapshotFound> SqliteSnapshots::load(std::string_view domain,
                                                    std::string_view schema) {
  return readers_.run([&](SqliteReader& reader) -> absl::StatusOr<SnapshotFound> {
    auto statement = reader.connection().prepare(
        "SELECT s.domain, s.schema, s.pos, s.size, s.saved, s.crc, (SELECT max(pos) FROM event),"
        " p.data FROM snapshot s LEFT JOIN snapshot_part p ON p.number = s.number"
        " WHERE s.domain = ?1 AND s.schema = ?2 AND s.whole ORDER BY p.part");
    if (!statement.ok()) return statement.status();
    statement->bind_text(1, domain);
    statement->bind_text(2, schema);
    SnapshotInfo info;
    std::uint32_t checksum = 0;
    std::uint64_t head = 0;
    Snapshot snapshot;
    while (true) {
      const auto row = statement->step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      info = info_of(*statement);
      checksum = static_cast<std::uint32_t>(statement->integer(5));
      head = static_cast<std::uint64_t>(statement->integer(6));
      snapshot.data += statement->bytes(7);
      if (snapshot.data.size() > kMaxSnapshotBytes) break;
    }
    SnapshotFound found;
    if (info.domain.empty()) return found;
    snapshot.position = info.position;
    found.ignored = why_ignored(info, head, checksum, snapshot.data);
    if (found.ignored.empty()) found.snapshot = std::move(snapshot);
    return found;
  });
}

absl::StatusOr<std::vector<SnapshotInfo>> SqliteSnapshots::list(std::string_view domain) {
  return readers_.run([&](SqliteReader& reader) { return infos(reader.connection(), domain); });
}

absl::Status SqliteSnapshots::remove(const std::string& domain) {
  const MutexLock lock(changing_);
  const absl::Status status = writer_.write([&](SqliteLog& log, absl::Status&) {
    auto statement = log.connection().prepare("UPDATE snapshot SET whole = 0 WHERE domain = ?1");
    if (!statement.ok()) return statement.status();
    statement->bind_text(1, domain);
    return statement->run();
  });
  return status.ok() ? sweep() : status;
}

}  // namespace composable::host
