#include "events/sqlite/log_tables.hpp"

#include <algorithm>
#include <utility>

#include "events/sqlite/event_row.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxCachedTypes = 4096;

}  // namespace

absl::Status LogTables::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&find_stream_,
       "SELECT s.sid, e.ver, e.pos, s.first, s.deleted FROM stream s LEFT JOIN event e"
       " ON e.sid = s.sid WHERE s.domain = ?1 AND s.name = ?2 ORDER BY e.ver DESC LIMIT 1"},
      {&find_event_,
       "SELECT e.pos, e.ver, s.domain, s.name FROM event e JOIN stream s ON s.sid = e.sid"
       " WHERE e.id = ?1"},
      {&add_stream_, "INSERT INTO stream(domain, name, created) VALUES(?1, ?2, ?3)"},
      {&find_type_, "SELECT tid FROM type WHERE name = ?1"},
      {&add_type_, "INSERT INTO type(name) VALUES(?1)"},
      {&add_event_,
       "INSERT INTO event(pos, sid, ver, id, tid, ts, correlation, cause, actor, traceparent, data,"
       " crc, audience, user) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
       " nullif(?13, 0), ?14)"},
      {&put_timer_,
       "INSERT OR REPLACE INTO timer(domain, key, due, action_type, data, correlation, cause, "
       "actor,"
       " traceparent) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {&cancel_timer_, "DELETE FROM timer WHERE domain = ?1 AND key = ?2"},
      {&erase_,
       "UPDATE event SET correlation = NULL, cause = NULL, actor = NULL, traceparent = NULL,"
       " data = x'', crc = 0, user = NULL WHERE sid = ?1 AND ver >= ?2 AND ver < ?3"},
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

absl::Status LogTables::read_end() {
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

absl::StatusOr<StreamHead*> LogTables::stream(const std::string& domain, const std::string& name) {
  if (StreamHead* known = streams_.find(domain, name)) return known;
  StatementReset reset(find_stream_);
  find_stream_.bind_text(1, domain);
  find_stream_.bind_text(2, name);
  const auto row = find_stream_.step();
  if (!row.ok()) return row.status();
  StreamHead head;
  if (*row) {
    head.key = find_stream_.integer(0);
    head.version = static_cast<std::uint64_t>(find_stream_.integer(1));
    head.last_position = static_cast<std::uint64_t>(find_stream_.integer(2));
    head.first_version = static_cast<std::uint64_t>(find_stream_.integer(3));
    head.deleted = find_stream_.integer(4) != 0;
  }
  return streams_.put(domain, name, head);
}

absl::StatusOr<std::optional<EventPlace>> LogTables::event(const Uuid& id) {
  if (id > newest_id_) return std::nullopt;
  StatementReset reset(find_event_);
  find_event_.bind_id(1, id);
  const auto row = find_event_.step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  return EventPlace{static_cast<std::uint64_t>(find_event_.integer(0)),
                    static_cast<std::uint64_t>(find_event_.integer(1)),
                    std::string(find_event_.bytes(2)), std::string(find_event_.bytes(3))};
}

absl::Status LogTables::write(AppendRequest& request) {
  if (!request.streams.empty()) request.result.first_position = head_ + 1;
  for (const StreamAppend& append : request.streams) {
    auto found = stream(request.domain, append.stream);
    if (!found.ok()) return found.status();
    StreamHead& head = **found;
    if (head.key == 0) {
      if (absl::Status s = add_stream(request.domain, append.stream, head); !s.ok()) return s;
    }
    request.result.first_versions.push_back(head.version + 1);
    for (const NewEvent& event : append.events) {
      if (absl::Status s = write_event(request, event, head); !s.ok()) return s;
    }
  }
  return write_timers(request);
}

absl::Status LogTables::add_stream(const std::string& domain, const std::string& name,
                                   StreamHead& head) {
  add_stream_.bind_text(1, domain);
  add_stream_.bind_text(2, name);
  add_stream_.bind(3, clock_.unix_micros());
  if (absl::Status s = add_stream_.run(); !s.ok()) return s;
  head.key = sqlite3_last_insert_rowid(connection_.get());
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> LogTables::type_key(const std::string& name) {
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

absl::Status LogTables::write_event(const AppendRequest& request, const NewEvent& event,
                                    StreamHead& head) {
  const auto type = type_key(event.type);
  if (!type.ok()) return type.status();
  const EventMeta& meta = request.meta;
  const EventRow row{head_ + 1,
                     head.version + 1,
                     head.key,
                     *type,
                     request.recorded_at_us,
                     event.id,
                     meta.correlation,
                     meta.cause,
                     meta.actor,
                     meta.traceparent,
                     event.data,
                     static_cast<std::int64_t>(event.audience),
                     event.user};
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
  add_event_.bind(13, row.audience);
  add_event_.bind_text_or_null(14, row.user);
  if (absl::Status s = add_event_.run(); !s.ok()) return s;
  head.last_position = head_ = row.position;
  head.version = row.version;
  newest_id_ = std::max(newest_id_, row.id);
  return absl::OkStatus();
}

absl::Status LogTables::write_timers(const AppendRequest& request) {
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

absl::Status LogTables::truncate(const std::string& domain, const std::string& name,
                                 std::uint64_t before, std::uint64_t most, bool& more,
                                 absl::Status& refused) {
  more = false;
  auto found = stream(domain, name);
  if (!found.ok()) return found.status();
  StreamHead& head = **found;
  refused = check_known_stream(domain, name, head);
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

absl::Status LogTables::close_stream(const std::string& domain, const std::string& name,
                                     absl::Status& refused) {
  auto found = stream(domain, name);
  if (!found.ok()) return found.status();
  StreamHead& head = **found;
  refused = check_known_stream(domain, name, head);
  if (!refused.ok() || head.deleted) return absl::OkStatus();
  close_stream_.bind(1, head.key);
  if (absl::Status s = close_stream_.run(); !s.ok()) return s;
  head.deleted = true;
  return absl::OkStatus();
}

}  // namespace composable::host
