#include "events/sqlite_log.hpp"

#include <algorithm>
#include <utility>

#include "events/event_row.hpp"
#include "events/sqlite_schema.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxCachedTypes = 4096;

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteLog>> SqliteLog::open(const std::string& path,
                                                           const SqliteStoreOptions& options,
                                                           Clock& clock) {
  auto connection = Connection::open(path, Connection::Mode::kWrite, options.vfs);
  if (!connection.ok()) return connection.status();
  absl::Status status = apply_writer_settings(*connection, options.synchronous);
  if (status.ok()) status = prepare_schema(*connection, clock);
  if (!status.ok()) return status;
  std::unique_ptr<SqliteLog> log(
      new SqliteLog(*std::move(connection), clock, options.cached_streams));
  status = log->begin_wal_anew();
  if (status.ok()) status = log->prepare();
  if (status.ok()) status = log->read_tail();
  if (!status.ok()) return status;
  return log;
}

SqliteLog::SqliteLog(Connection connection, Clock& clock, std::size_t cached_streams)
    : connection_(std::move(connection)), clock_(clock), streams_(cached_streams) {
  sqlite3_wal_hook(
      connection_.get(),
      [](void* log, sqlite3*, const char*, int pages) {
        static_cast<SqliteLog*>(log)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

absl::Status SqliteLog::begin_wal_anew() {
  if (absl::Status s = checkpoint_and_truncate(); !s.ok()) return s;
  return connection_.execute(
      "INSERT INTO meta(key, value) VALUES('opened', 1)"
      " ON CONFLICT(key) DO UPDATE SET value = value + 1");
}

absl::Status SqliteLog::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&find_stream_,
       "SELECT s.sid, s.domain, e.ver, e.pos, s.first, s.deleted FROM stream s LEFT JOIN event e "
       "ON e.sid = s.sid"
       " WHERE s.name = ?1 ORDER BY e.ver DESC LIMIT 1"},
      {&find_event_,
       "SELECT e.pos, e.ver, s.name FROM event e JOIN stream s ON s.sid = e.sid WHERE e.id = ?1"},
      {&add_stream_, "INSERT INTO stream(name, domain, created) VALUES(?1, ?2, ?3)"},
      {&find_type_, "SELECT tid FROM type WHERE name = ?1"},
      {&add_type_, "INSERT INTO type(name) VALUES(?1)"},
      {&add_event_,
       "INSERT INTO event(pos, sid, ver, id, tid, ts, correlation, cause, actor, traceparent, data,"
       " crc) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"},
      {&put_timer_,
       "INSERT OR REPLACE INTO timer(domain, key, due, action_type, data, correlation, cause, "
       "actor,"
       " traceparent) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {&cancel_timer_, "DELETE FROM timer WHERE domain = ?1 AND key = ?2"},
      {&erase_,
       "UPDATE event SET correlation = NULL, cause = NULL, actor = NULL, traceparent = NULL,"
       " data = x'', crc = 0 WHERE sid = ?1 AND ver >= ?2 AND ver < ?3"},
      {&keep_from_, "UPDATE stream SET first = ?2 WHERE sid = ?1"},
      {&close_stream_, "UPDATE stream SET deleted = 1 WHERE sid = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = connection_.prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status SqliteLog::read_tail() {
  auto epoch = read_epoch(connection_);
  if (!epoch.ok()) return epoch.status();
  epoch_ = *epoch;
  auto head = connection_.integer("SELECT max(pos) FROM event");
  if (!head.ok()) return head.status();
  head_ = static_cast<std::uint64_t>(*head);
  auto newest = connection_.prepare("SELECT max(id) FROM event");
  if (!newest.ok()) return newest.status();
  const auto row = newest->step();
  if (!row.ok()) return row.status();
  newest_id_ = newest->id(0);
  return absl::OkStatus();
}

absl::StatusOr<StreamHead*> SqliteLog::stream(const std::string& name) {
  if (StreamHead* known = streams_.find(name)) return known;
  StatementReset reset(find_stream_);
  find_stream_.bind_text(1, name);
  const auto row = find_stream_.step();
  if (!row.ok()) return row.status();
  StreamHead head;
  if (*row) {
    head.key = find_stream_.integer(0);
    head.domain = std::string(find_stream_.bytes(1));
    head.version = static_cast<std::uint64_t>(find_stream_.integer(2));
    head.last_position = static_cast<std::uint64_t>(find_stream_.integer(3));
    head.first_version = static_cast<std::uint64_t>(find_stream_.integer(4));
    head.deleted = find_stream_.integer(5) != 0;
  }
  return streams_.put(name, std::move(head));
}

absl::StatusOr<std::optional<EventPlace>> SqliteLog::event(const Uuid& id) {
  if (id > newest_id_) return std::nullopt;
  StatementReset reset(find_event_);
  find_event_.bind_id(1, id);
  const auto row = find_event_.step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  return EventPlace{static_cast<std::uint64_t>(find_event_.integer(0)),
                    static_cast<std::uint64_t>(find_event_.integer(1)),
                    std::string(find_event_.bytes(2))};
}

absl::Status SqliteLog::write(AppendRequest& request) {
  if (!request.streams.empty()) request.result.first_position = head_ + 1;
  for (const StreamAppend& append : request.streams) {
    auto found = stream(append.stream);
    if (!found.ok()) return found.status();
    StreamHead& head = **found;
    if (head.key == 0) {
      if (absl::Status s = add_stream(append.stream, request.domain, head); !s.ok()) return s;
    }
    request.result.first_versions.push_back(head.version + 1);
    for (const NewEvent& event : append.events) {
      if (absl::Status s = write_event(request, event, head); !s.ok()) return s;
    }
  }
  return write_timers(request);
}

absl::Status SqliteLog::add_stream(const std::string& name, const std::string& domain,
                                   StreamHead& head) {
  add_stream_.bind_text(1, name);
  add_stream_.bind_text(2, domain);
  add_stream_.bind(3, clock_.unix_micros());
  if (absl::Status s = add_stream_.run(); !s.ok()) return s;
  head.key = sqlite3_last_insert_rowid(connection_.get());
  head.domain = domain;
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> SqliteLog::type_key(const std::string& name) {
  if (const auto known = types_.find(name); known != types_.end()) return known->second;
  StatementReset reset(find_type_);
  find_type_.bind_text(1, name);
  const auto row = find_type_.step();
  if (!row.ok()) return row.status();
  std::int64_t key = 0;
  if (*row) {
    key = find_type_.integer(0);
  } else {
    add_type_.bind_text(1, name);
    if (absl::Status s = add_type_.run(); !s.ok()) return s;
    key = sqlite3_last_insert_rowid(connection_.get());
  }
  if (types_.size() >= kMaxCachedTypes) types_.clear();
  types_.emplace(name, key);
  return key;
}

absl::Status SqliteLog::write_event(const AppendRequest& request, const NewEvent& event,
                                    StreamHead& head) {
  const auto type = type_key(event.type);
  if (!type.ok()) return type.status();
  const EventMeta& meta = request.meta;
  const EventRow row{head_ + 1, head.version + 1, head.key,   *type,      request.recorded_at_us,
                     event.id,  meta.correlation, meta.cause, meta.actor, meta.traceparent,
                     event.data};
  add_event_.bind(1, row.position);
  add_event_.bind(2, row.stream_key);
  add_event_.bind(3, row.version);
  add_event_.bind_id(4, row.id);
  add_event_.bind(5, row.type_key);
  add_event_.bind(6, row.recorded_at_us);
  add_event_.bind_id_or_null(7, row.correlation);
  add_event_.bind_id_or_null(8, row.cause);
  add_event_.bind_text_or_null(9, row.actor);
  add_event_.bind_text_or_null(10, row.traceparent);
  add_event_.bind_blob(11, row.data);
  add_event_.bind(12, std::int64_t{event_checksum(row)});
  if (absl::Status s = add_event_.run(); !s.ok()) return s;
  head.last_position = head_ = row.position;
  head.version = row.version;
  newest_id_ = std::max(newest_id_, row.id);
  return absl::OkStatus();
}

absl::Status SqliteLog::write_timers(const AppendRequest& request) {
  for (const std::string& key : request.cancelled_timers) {
    cancel_timer_.bind_text(1, request.domain);
    cancel_timer_.bind_text(2, key);
    if (absl::Status s = cancel_timer_.run(); !s.ok()) return s;
  }
  for (const TimerWrite& timer : request.timers) {
    put_timer_.bind_text(1, request.domain);
    put_timer_.bind_text(2, timer.key);
    put_timer_.bind(3, timer.due_us);
    put_timer_.bind_text(4, timer.action_type);
    put_timer_.bind_blob(5, timer.data);
    put_timer_.bind_id_or_null(6, timer.meta.correlation);
    put_timer_.bind_id_or_null(7, timer.meta.cause);
    put_timer_.bind_text_or_null(8, timer.meta.actor);
    put_timer_.bind_text_or_null(9, timer.meta.traceparent);
    if (absl::Status s = put_timer_.run(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status SqliteLog::truncate(const std::string& name, std::uint64_t before, std::uint64_t most,
                                 bool& more, absl::Status& refused) {
  more = false;
  auto found = stream(name);
  if (!found.ok()) return found.status();
  StreamHead& head = **found;
  refused = check_known_stream(name, head);
  const std::uint64_t end = std::min(before, head.version + 1);
  if (!refused.ok() || end <= head.first_version) return absl::OkStatus();
  const std::uint64_t next = std::min(end, head.first_version + most);
  erase_.bind(1, head.key);
  erase_.bind(2, head.first_version);
  erase_.bind(3, next);
  if (absl::Status s = erase_.run(); !s.ok()) return s;
  keep_from_.bind(1, head.key);
  keep_from_.bind(2, next);
  if (absl::Status s = keep_from_.run(); !s.ok()) return s;
  head.first_version = next;
  more = next < end;
  return absl::OkStatus();
}

absl::Status SqliteLog::close_stream(const std::string& name, absl::Status& refused) {
  auto found = stream(name);
  if (!found.ok()) return found.status();
  StreamHead& head = **found;
  refused = check_known_stream(name, head);
  if (!refused.ok() || head.deleted) return absl::OkStatus();
  close_stream_.bind(1, head.key);
  if (absl::Status s = close_stream_.run(); !s.ok()) return s;
  head.deleted = true;
  return absl::OkStatus();
}

absl::Status SqliteLog::checkpoint() {
  int pages = 0, copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                             &pages, &copied);
  if (code != SQLITE_OK && code != SQLITE_BUSY) {
    return sqlite_error(connection_.get(), "checkpoint");
  }
  wal_pages_ = code == SQLITE_OK && copied == pages ? 0 : pages;
  return absl::OkStatus();
}

absl::Status SqliteLog::checkpoint_and_truncate() {
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_TRUNCATE,
                                             nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(connection_.get(), "checkpoint");
  wal_pages_ = 0;
  return absl::OkStatus();
}

}  // namespace composable::host
