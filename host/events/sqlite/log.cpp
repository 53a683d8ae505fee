#include "events/sqlite/log.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"
#include "events/sqlite/schema.hpp"

namespace composable::host {
namespace {

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
  if (!status.ok()) return status;
  return log;
}

SqliteLog::SqliteLog(Connection connection, Clock& clock, std::size_t cached_streams)
    : connection_(std::move(connection)), tables_(connection_, clock, cached_streams) {
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
  const auto end = connection_.integer("SELECT max(pos) FROM event");
  if (!end.ok()) return end.status();
  if (*epoch == epoch_ && static_cast<std::uint64_t>(*end) == head()) return absl::OkStatus();
  return lost_log(absl::StrFormat(
      "%s: changed by another program while the host runs: found the log %s up to position %d, "
      "needed the log %s up to position %d; nothing is appended any more; stop the host, keep a "
      "copy of the files, and restore a backup",
      sqlite3_db_filename(connection_.get(), "main"), epoch->text(), *end, epoch_.text(), head()));
}

absl::Status SqliteLog::check_frames(const WalState& state, std::uint32_t first) {
  const auto lost = first_lost_frame(connection_.get(), state, first);
  if (!lost.ok()) return lost.status();
  if (*lost == 0) return absl::OkStatus();
  const std::string positions =
      copied_head_ < head()
          ? absl::StrFormat(
                "events at positions %d to %d may be missing, those before are in the "
                "data file",
                copied_head_ + 1, head())
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
  for (const auto& [statement, sql] :
       {std::pair(&begin_, "BEGIN IMMEDIATE"), std::pair(&commit_, "COMMIT")}) {
    auto prepared = connection_.prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  if (absl::Status s = tables_.prepare(); !s.ok()) return s;
  auto epoch = read_epoch(connection_);
  if (!epoch.ok()) return epoch.status();
  epoch_ = *epoch;
  if (absl::Status s = tables_.read_end(); !s.ok()) return s;
  if (wal_pages_ <= 1) copied_head_ = head();
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
  if (all) copied_head_ = head();
  return absl::OkStatus();
}

absl::Status SqliteLog::checkpoint_and_truncate() {
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_TRUNCATE,
                                             nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(connection_.get(), "checkpoint");
  wal_pages_ = 0;
  own_frames_ = 0;
  copied_head_ = head();
  note_place();
  return absl::OkStatus();
}

}  // namespace composable::host
