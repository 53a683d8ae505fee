#include "events/sqlite/log.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"
#include "events/sqlite/event_row.hpp"
#include "events/sqlite/schema.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxCachedTypes = 4096;
constexpr char kLost[] = "composable/lost-log";  // marks a status
constexpr int kLooks = 3;                        // at a WAL that others change meanwhile

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteLog>> SqliteLog::open(
    const std::string& path, const SqliteStoreOptions& options, Clock& clock,
    const std::optional<LogHead::Known>& acknowledged, LogProof* proof) {
  auto connection = Connection::open(path, Connection::Mode::kWrite, options.vfs);
  if (!connection.ok()) return connection.status();
  absl::Status status = apply_writer_settings(*connection, options.synchronous);
  if (status.ok()) status = prepare_schema(*connection, clock, options.progress);
  if (!status.ok()) return status;
  std::unique_ptr<SqliteLog> log(
      new SqliteLog(*std::move(connection), clock, options.cached_streams));
  status = log->check_against(acknowledged, proof, options.progress);
  if (status.ok()) status = log->begin_wal_anew(proof != nullptr);
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
        auto& self = *static_cast<SqliteLog*>(log);
        self.wal_pages_ = pages;
        self.own_frames_ = static_cast<std::uint32_t>(pages);
        return SQLITE_OK;
      },
      this);
}

absl::Status SqliteLog::check_against(const std::optional<LogHead::Known>& acknowledged,
                                      LogProof* proof, const OpenProgress& progress) {
  const char* const path = sqlite3_db_filename(connection_.get(), "main");
  if (absl::Status s = check_wal(); !s.ok()) return s;
  const auto epoch = read_epoch(connection_);
  if (!epoch.ok()) return epoch.status();
  const bool is_the_same = acknowledged && acknowledged->epoch == *epoch;
  const std::uint64_t least = is_the_same ? acknowledged->position : 0;
  if (proof != nullptr) {
    auto proved = prove_whole(connection_, least, progress);
    if (!proved.ok()) return proved.status();
    *proof = *std::move(proved);
    return absl::OkStatus();
  }
  if (acknowledged && !is_the_same) {
    return lost_log(
        absl::StrFormat("%s: another log than the one that was opened, found epoch %s, "
                        "needed %s; stop the host, restore the log, and start it again",
                        path, epoch->text(), acknowledged->epoch.text()));
  }
  const auto head = connection_.integer("SELECT max(pos) FROM event");
  if (!head.ok()) return head.status();
  if (static_cast<std::uint64_t>(*head) >= least) return absl::OkStatus();
  return lost_log(absl::StrFormat(
      "%s: the log ends at position %d, but events up to position %d were acknowledged: positions "
      "%d to %d are missing; stop the host, keep a copy of the files, and restore a backup",
      path, *head, least, *head + 1, least));
}

// What may stay in the WAL, because another process reads there, is written once more, so that the
// sync of the commit covers it.
absl::Status SqliteLog::begin_wal_anew(bool may_leave_it) {
  absl::Status status = checkpoint_and_truncate();
  const bool is_read = sqlite3_errcode(connection_.get()) == SQLITE_BUSY;
  if (!status.ok() && !(may_leave_it && is_read)) return status;
  const bool stays = !status.ok();
  if (stays) status = checkpoint();
  if (status.ok()) status = connection_.execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  if (stays) {
    const auto state = wal_state(connection_.get());
    if (state) status = rewrite_frames(connection_.get(), *state);
  }
  if (status.ok()) {
    status = connection_.execute(
        "INSERT INTO meta(key, value) VALUES('opened', 1)"
        " ON CONFLICT(key) DO UPDATE SET value = value + 1");
  }
  if (status.ok()) status = connection_.execute("COMMIT");
  if (!status.ok()) {
    (void)connection_.execute("ROLLBACK");
    return status;
  }
  note_place();
  return absl::OkStatus();
}

void SqliteLog::note_place() {
  place_ = wal_state(connection_.get());
  if (place_ && before_.pages == 0) {  // opened just now
    needed_data_bytes_ = std::int64_t{place_->pages} * place_->page_size;
  }
  if (place_ && place_->frames != own_frames_) place_.reset();  // another process was here
}

absl::Status SqliteLog::begin() {
  if (absl::Status s = begin_.run(); !s.ok()) return s;
  rolled_back_ = false;
  absl::Status status = absl::OkStatus();
  if (const auto state = wal_state(connection_.get())) {
    if (!place_ || !state->same_place(*place_)) status = check_what_others_did();
    // The last frame: whatever cuts the WAL takes it first.
    if (status.ok() && state->copied < state->frames) status = check_frames(*state, state->frames);
    const std::uint32_t least =
        before_.pages == 0 ? state->pages : std::min(before_.pages, state->pages);
    needed_data_bytes_ = std::int64_t{least} * state->page_size;
    before_ = *state;
  }
  if (!status.ok()) (void)roll_back();
  return status;
}

// Others may copy and empty the WAL, and pack the file. The events are still there then.
absl::Status SqliteLog::check_what_others_did() {
  const auto epoch = read_epoch(connection_);
  if (!epoch.ok()) return epoch.status();
  const auto head = connection_.integer("SELECT max(pos) FROM event");
  if (!head.ok()) return head.status();
  if (*epoch == epoch_ && static_cast<std::uint64_t>(*head) == head_) return absl::OkStatus();
  return lost_log(absl::StrFormat(
      "%s: changed by another program while the host runs: found the log %s up to position %d, "
      "needed the log %s up to position %d; nothing is appended any more; stop the host, keep a "
      "copy of the files, and restore a backup",
      sqlite3_db_filename(connection_.get(), "main"), epoch->text(), *head, epoch_.text(), head_));
}

absl::Status SqliteLog::check_frames(const WalState& state, std::uint32_t first) {
  const auto lost = first_lost_frame(connection_.get(), state, first);
  if (!lost.ok()) return lost.status();
  if (*lost == 0) return absl::OkStatus();
  const std::string positions =
      copied_head_ < head_
          ? absl::StrFormat(
                "events at positions %d to %d may be missing, those before are in the "
                "data file",
                copied_head_ + 1, head_)
          : std::string("no event is missing, but what was written since may be");
  return lost_log(absl::StrFormat(
      "%s-wal: cut or overwritten while the host runs: it must hold %d frames (%d bytes), found %d "
      "bytes, frame %d is not what was written; %s; nothing is appended any more; stop the host, "
      "keep a copy of the files, and start it again: the start says what is missing",
      sqlite3_db_filename(connection_.get(), "main"), state.frames, state.needed_bytes(),
      wal_bytes(connection_.get()), *lost, positions));
}

absl::Status SqliteLog::check_wal() {
  for (int look = 1;; ++look) {
    const auto state = wal_state(connection_.get());
    if (!state || state->copied >= state->frames) return absl::OkStatus();
    absl::Status status = check_frames(*state, 1);
    if (status.ok() || look == kLooks) return status;
    const auto now = wal_state(connection_.get());  // another process may have emptied it meanwhile
    if (now && now->same_place(*state) && now->copied < now->frames) return status;
  }
}

absl::Status SqliteLog::run_commit() {
  absl::Status status = commit_.run();
  if (status.ok()) return status;
  if (sqlite3_get_autocommit(connection_.get()) == 0) (void)roll_back();
  const auto state = wal_state(connection_.get());
  rolled_back_ = state && !may_come_back(connection_.get(), *state);
  return status;
}

// The WAL may have been cut between begin() and the writing: then there is a hole before the
// commit, or in it, and a recovery would end there. So all since the last known frame is read back.
absl::Status SqliteLog::commit() {
  own_frames_ = before_.frames;
  if (absl::Status s = run_commit(); !s.ok()) return s;
  absl::Status status = absl::OkStatus();
  for (int look = 0; look < kLooks; ++look) {
    const auto state = wal_state(connection_.get());
    if (!state || state->same_place(before_)) break;  // nothing was written
    const bool went_on = state->salt == before_.salt && state->frames >= before_.frames;
    status = check_frames(*state, went_on ? std::max(before_.frames, 1u) : 1);
    if (status.ok()) break;
    const auto now = wal_state(connection_.get());
    if (now && now->same_place(*state)) break;
    status = absl::OkStatus();  // another process has just emptied it, which takes all to be whole
  }
  note_place();
  return status;
}

absl::Status lost_log(std::string message) {
  absl::Status status = absl::DataLossError(message);
  status.SetPayload(kLost, absl::Cord());
  return status;
}

bool is_lost(const absl::Status& status) { return status.GetPayload(kLost).has_value(); }

absl::Status SqliteLog::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
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

absl::Status SqliteLog::read_tail() {
  auto epoch = read_epoch(connection_);
  if (!epoch.ok()) return epoch.status();
  epoch_ = *epoch;
  auto head = connection_.integer("SELECT max(pos) FROM event");
  if (!head.ok()) return head.status();
  head_ = static_cast<std::uint64_t>(*head);
  if (wal_pages_ <= 1) copied_head_ = head_;
  auto newest = connection_.prepare("SELECT max(id) FROM event");
  if (!newest.ok()) return newest.status();
  const auto row = newest->step();
  if (!row.ok()) return row.status();
  newest_id_ = newest->id(0);
  return absl::OkStatus();
}

absl::StatusOr<StreamHead*> SqliteLog::stream(const std::string& domain, const std::string& name) {
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

absl::StatusOr<std::optional<EventPlace>> SqliteLog::event(const Uuid& id) {
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

absl::Status SqliteLog::write(AppendRequest& request) {
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

absl::Status SqliteLog::add_stream(const std::string& domain, const std::string& name,
                                   StreamHead& head) {
  add_stream_.bind_text(1, domain);
  add_stream_.bind_text(2, name);
  add_stream_.bind(3, clock_.unix_micros());
  if (absl::Status s = add_stream_.run(); !s.ok()) return s;
  head.key = sqlite3_last_insert_rowid(connection_.get());
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

absl::Status SqliteLog::truncate(const std::string& domain, const std::string& name,
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

absl::Status SqliteLog::close_stream(const std::string& domain, const std::string& name,
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

absl::Status SqliteLog::checkpoint() {
  int pages = 0, copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                             &pages, &copied);
  if (code != SQLITE_OK && code != SQLITE_BUSY) {
    return sqlite_error(connection_.get(), "checkpoint");
  }
  const bool all = code == SQLITE_OK && copied == pages;
  wal_pages_ = all ? 0 : pages;
  if (all) copied_head_ = head_;
  return absl::OkStatus();
}

absl::Status SqliteLog::checkpoint_and_truncate() {
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_TRUNCATE,
                                             nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(connection_.get(), "checkpoint");
  wal_pages_ = 0;
  own_frames_ = 0;
  copied_head_ = head_;
  note_place();
  return absl::OkStatus();
}

}  // namespace composable::host
