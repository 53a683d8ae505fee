#include "events/sqlite/dead_letters.hpp"

#include <algorithm>
#include <utility>

#include "events/sqlite/connection.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kColumns =
    "SELECT number, id, kind, source, pos, ver, stream, event_id, payload, error_class,"
    " error_message, traceparent, attempts, first_at, last_at, status, actor, reason"
    " FROM dead_letter ";

std::int64_t number_of(DeadLetterKind kind) { return static_cast<std::int64_t>(kind); }
std::int64_t number_of(DeadLetterStatus status) { return static_cast<std::int64_t>(status); }

DeadLetter letter_of(const Statement& row) {
  DeadLetter letter;
  letter.number = static_cast<std::uint64_t>(row.integer(0));
  letter.id = row.id(1);
  letter.kind = static_cast<DeadLetterKind>(row.integer(2));
  letter.source = row.bytes(3);
  letter.position = static_cast<std::uint64_t>(row.integer(4));
  letter.version = static_cast<std::uint64_t>(row.integer(5));
  letter.stream = row.bytes(6);
  letter.event_id = row.id(7);
  letter.payload = row.bytes(8);
  letter.error_class = row.bytes(9);
  letter.error_message = row.bytes(10);
  letter.traceparent = row.bytes(11);
  letter.attempts = static_cast<std::uint64_t>(row.integer(12));
  letter.first_at_us = row.integer(13);
  letter.last_at_us = row.integer(14);
  letter.status = static_cast<DeadLetterStatus>(row.integer(15));
  letter.actor = row.bytes(16);
  letter.reason = row.bytes(17);
  return letter;
}

absl::StatusOr<std::optional<DeadLetterStatus>> status_of(Connection& connection, const Uuid& id) {
  auto statement = connection.prepare("SELECT status FROM dead_letter WHERE id = ?1");
  if (!statement.ok()) return statement.status();
  statement->bind_id(1, id);
  const auto row = statement->step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  return static_cast<DeadLetterStatus>(statement->integer(0));
}

// Drops the oldest closed letter when the store is full; sets `refused` when there is none.
absl::Status make_room(Connection& connection, std::size_t most, absl::Status& refused) {
  const auto kept = connection.integer("SELECT count(*) FROM dead_letter");
  if (!kept.ok()) return kept.status();
  if (static_cast<std::size_t>(*kept) < most) return absl::OkStatus();
  auto statement = connection.prepare(
      "DELETE FROM dead_letter WHERE number ="
      " (SELECT min(number) FROM dead_letter WHERE status >= ?1)");
  if (!statement.ok()) return statement.status();
  statement->bind(1, number_of(DeadLetterStatus::kResolved));
  if (absl::Status s = statement->run(); !s.ok()) return s;
  if (sqlite3_changes(connection.get()) == 0) refused = dead_letters_full(most);
  return absl::OkStatus();
}

absl::Status insert(Connection& connection, const DeadLetter& letter, std::int64_t now) {
  auto statement = connection.prepare(
      "INSERT INTO dead_letter(id, kind, source, pos, ver, stream, event_id, payload, error_class,"
      " error_message, traceparent, attempts, first_at, last_at, status)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?12, 0)");
  if (!statement.ok()) return statement.status();
  statement->bind_id(1, letter.id);
  statement->bind(2, number_of(letter.kind));
  statement->bind_text(3, letter.source);
  statement->bind(4, letter.position);
  statement->bind(5, letter.version);
  statement->bind_text(6, letter.stream);
  statement->bind_id_or_null(7, letter.event_id);
  statement->bind_blob(8, letter.payload);
  statement->bind_text(9, letter.error_class);
  statement->bind_text(10, cut_message(letter.error_message));
  statement->bind_text(11, letter.traceparent);
  statement->bind(12, now);
  return statement->run();
}

absl::Status count_attempt(Connection& connection, const DeadLetter& letter, std::int64_t now) {
  auto statement = connection.prepare(
      "UPDATE dead_letter SET attempts = attempts + 1, last_at = ?2, error_class = ?3,"
      " error_message = ?4, status = 0 WHERE id = ?1");
  if (!statement.ok()) return statement.status();
  statement->bind_id(1, letter.id);
  statement->bind(2, now);
  statement->bind_text(3, letter.error_class);
  statement->bind_text(4, cut_message(letter.error_message));
  return statement->run();
}

}  // namespace

const char kDeadLetterTable[] = R"sql(
CREATE TABLE dead_letter(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  source TEXT NOT NULL,
  pos INTEGER NOT NULL,
  ver INTEGER NOT NULL,
  stream TEXT NOT NULL,
  event_id BLOB,
  payload BLOB NOT NULL,
  error_class TEXT NOT NULL,
  error_message TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '');
CREATE INDEX dead_letter_by_status ON dead_letter(status, first_at);
)sql";

absl::Status SqliteDeadLetters::put(const DeadLetter& letter) {
  if (absl::Status s = check_dead_letter(letter); !s.ok()) return s;
  return writer_.write([&](SqliteLog& log, absl::Status& refused) {
    Connection& connection = log.connection();
    const auto found = status_of(connection, letter.id);
    if (!found.ok()) return found.status();
    if (found->has_value()) {
      if (is_open(**found)) return count_attempt(connection, letter, clock_.unix_micros());
      refused = closed_dead_letter(letter.id, **found);
      return absl::OkStatus();
    }
    const absl::Status status = make_room(connection, most_, refused);
    if (!status.ok() || !refused.ok()) return status;
    return insert(connection, letter, clock_.unix_micros());
  });
}

absl::Status SqliteDeadLetters::change(const Uuid& id, const DeadLetterChange& change) {
  return writer_.write([&](SqliteLog& log, absl::Status& refused) {
    const auto found = status_of(log.connection(), id);
    if (!found.ok()) return found.status();
    refused = found->has_value() ? check_change(id, **found, change) : no_such_dead_letter(id);
    if (!refused.ok()) return absl::OkStatus();
    auto statement = log.connection().prepare(
        "UPDATE dead_letter SET status = ?2, actor = ?3, reason = ?4 WHERE id = ?1");
    if (!statement.ok()) return statement.status();
    statement->bind_id(1, id);
    statement->bind(2, number_of(change.status));
    statement->bind_text(3, change.actor);
    statement->bind_text(4, change.reason);
    return statement->run();
  });
}

absl::StatusOr<DeadLetterPage> SqliteDeadLetters::list(const DeadLetterFilter& filter,
                                                       std::uint64_t after, std::size_t max) {
  const std::size_t size = std::clamp<std::size_t>(max, 1, kMaxDeadLetterPage);
  return readers_.run([&](SqliteReader& reader) -> absl::StatusOr<DeadLetterPage> {
    auto statement = reader.connection().prepare(
        std::string(kColumns) +
        "WHERE number > ?1 AND (?2 < 0 OR kind = ?2) AND (?3 < 0 OR status = ?3)"
        " AND (?4 = '' OR source = ?4) AND (?5 = '' OR stream = ?5) ORDER BY number");
    if (!statement.ok()) return statement.status();
    statement->bind(1, after);
    statement->bind(2, filter.kind ? number_of(*filter.kind) : std::int64_t{-1});
    statement->bind(3, filter.status ? number_of(*filter.status) : std::int64_t{-1});
    statement->bind_text(4, filter.source);
    statement->bind_text(5, filter.stream);
    DeadLetterPage page;
    page.next = after;
    while (true) {
      const auto row = statement->step();
      if (!row.ok()) return row.status();
      page.more = *row && page.letters.size() == size;
      if (!*row || page.more) return page;
      page.letters.push_back(letter_of(*statement));
      page.next = page.letters.back().number;
    }
  });
}

absl::StatusOr<std::optional<DeadLetter>> SqliteDeadLetters::find(const Uuid& id) {
  return readers_.run([&](SqliteReader& reader) -> absl::StatusOr<std::optional<DeadLetter>> {
    auto statement = reader.connection().prepare(std::string(kColumns) + "WHERE id = ?1");
    if (!statement.ok()) return statement.status();
    statement->bind_id(1, id);
    const auto row = statement->step();
    if (!row.ok()) return row.status();
    if (!*row) return std::nullopt;
    return letter_of(*statement);
  });
}

absl::StatusOr<DeadLetterCounts> SqliteDeadLetters::counts() {
  return readers_.run([&](SqliteReader& reader) -> absl::StatusOr<DeadLetterCounts> {
    auto statement = reader.connection().prepare(
        "SELECT status, count(*), min(first_at) FROM dead_letter GROUP BY status");
    if (!statement.ok()) return statement.status();
    DeadLetterCounts counts;
    std::int64_t oldest = clock_.unix_micros();
    while (true) {
      const auto row = statement->step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      const auto status = static_cast<DeadLetterStatus>(statement->integer(0));
      std::uint64_t* const of_status[] = {&counts.parked, &counts.replaying, &counts.resolved,
                                          &counts.discarded};
      *of_status[static_cast<std::size_t>(status) % 4] =
          static_cast<std::uint64_t>(statement->integer(1));
      if (is_open(status)) oldest = std::min(oldest, statement->integer(2));
    }
    if (counts.parked + counts.replaying > 0) {
      counts.oldest_open_us = std::max<std::int64_t>(clock_.unix_micros() - oldest, 0);
    }
    return counts;
  });
}

}  // namespace composable::host
