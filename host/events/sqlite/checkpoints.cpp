#include "events/sqlite/checkpoints.hpp"

#include <utility>

namespace composable::host {
namespace {

Checkpoint checkpoint_of(const Statement& row) {
  return {std::string(row.bytes(0)),
          {row.id(1), static_cast<std::uint64_t>(row.integer(2)), row.id(3)},
          row.integer(4)};
}

absl::StatusOr<std::vector<Checkpoint>> all_rows(Statement& statement) {
  std::vector<Checkpoint> found;
  while (true) {
    const auto row = statement.step();
    if (!row.ok()) return row.status();
    if (!*row) return found;
    found.push_back(checkpoint_of(statement));
  }
}

// Returns SQLite's failures; sets `refused` when there is no room.
absl::Status check_room(Connection& connection, std::string_view name, std::size_t most,
                        absl::Status& refused) {
  auto known = connection.prepare("SELECT 1 FROM checkpoint WHERE name = ?1");
  if (!known.ok()) return known.status();
  known->bind_text(1, name);
  const auto row = known->step();
  if (!row.ok() || *row) return row.status();
  const auto saved = connection.integer("SELECT count(*) FROM checkpoint");
  if (!saved.ok()) return saved.status();
  refused = check_checkpoint_room(static_cast<std::size_t>(*saved), most);
  return absl::OkStatus();
}

}  // namespace

const char kCheckpointTable[] = R"sql(
CREATE TABLE checkpoint(
  name TEXT PRIMARY KEY,
  epoch BLOB NOT NULL,
  pos INTEGER NOT NULL,
  event_id BLOB,
  saved INTEGER NOT NULL) WITHOUT ROWID;
)sql";

absl::StatusOr<bool> save_checkpoint(Connection& connection, const Checkpoint& checkpoint) {
  auto statement = connection.prepare(
      "INSERT INTO checkpoint(name, epoch, pos, event_id, saved) VALUES(?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT(name) DO UPDATE SET epoch = excluded.epoch, pos = excluded.pos,"
      " event_id = excluded.event_id, saved = excluded.saved"
      " WHERE excluded.epoch <> epoch OR excluded.pos > pos");
  if (!statement.ok()) return statement.status();
  statement->bind_text(1, checkpoint.name);
  statement->bind_id(2, checkpoint.cursor.epoch);
  statement->bind(3, checkpoint.cursor.position);
  statement->bind_id_or_null(4, checkpoint.cursor.event_id);
  statement->bind(5, checkpoint.saved_at_us);
  if (absl::Status s = statement->run(); !s.ok()) return s;
  return sqlite3_changes(connection.get()) > 0;
}

absl::StatusOr<bool> SqliteCheckpoints::save(const std::string& name, const Cursor& cursor) {
  bool saved = false;
  const absl::Status status = writer_.write([&](SqliteLog& log, absl::Status& refused) {
    refused = check_checkpoint(name, cursor, log.epoch(), log.head());
    if (!refused.ok()) return absl::OkStatus();
    const absl::Status room = check_room(log.connection(), name, most_, refused);
    if (!room.ok() || !refused.ok()) return room;
    const auto moved = save_checkpoint(log.connection(), {name, cursor, clock_.unix_micros()});
    if (moved.ok()) saved = *moved;
    return moved.status();
  });
  if (!status.ok()) return status;
  return saved;
}

absl::StatusOr<std::optional<Checkpoint>> SqliteCheckpoints::load(std::string_view name) {
  return readers_.run([&](SqliteReader& reader) -> absl::StatusOr<std::optional<Checkpoint>> {
    auto statement = reader.connection().prepare(
        "SELECT name, epoch, pos, event_id, saved FROM checkpoint WHERE name = ?1");
    if (!statement.ok()) return statement.status();
    statement->bind_text(1, name);
    auto found = all_rows(*statement);
    if (!found.ok()) return found.status();
    if (found->empty()) return std::nullopt;
    return std::move(found->front());
  });
}

absl::StatusOr<std::vector<Checkpoint>> SqliteCheckpoints::list() {
  return readers_.run([&](SqliteReader& reader) -> absl::StatusOr<std::vector<Checkpoint>> {
    auto statement = reader.connection().prepare(
        "SELECT name, epoch, pos, event_id, saved FROM checkpoint ORDER BY name");
    if (!statement.ok()) return statement.status();
    return all_rows(*statement);
  });
}

absl::Status SqliteCheckpoints::remove(const std::string& name) {
  return writer_.write([&](SqliteLog& log, absl::Status&) {
    auto statement = log.connection().prepare("DELETE FROM checkpoint WHERE name = ?1");
    if (!statement.ok()) return statement.status();
    statement->bind_text(1, name);
    return statement->run();
  });
}

}  // namespace composable::host
