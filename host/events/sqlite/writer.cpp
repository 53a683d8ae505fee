#include "events/sqlite/writer.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/host_thread.hpp"
#include "runtime/loop_thread.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kFirstBackoffMicros = 20'000;
constexpr std::int64_t kLongestBackoffMicros = 1'000'000;

void answer(std::unique_ptr<AppendRequest> request, AppendListener& listener, AppendCode code,
            std::string message) {
  request->result.code = code;
  request->result.message = std::move(message);
  listener.appended(absl::MakeSpan(&request, 1));
}

// The first event that the batch was to write; null when it was only timers.
const AppendRequest* first_written(const std::vector<QueuedAppend>& batch) {
  for (const QueuedAppend& item : batch) {
    const AppendRequest& request = *item.request;
    if (request.result.code == AppendCode::kOk && !request.streams.empty()) return &request;
  }
  return nullptr;
}

}  // namespace

SqliteWriter::SqliteWriter(std::string path, const SqliteStoreOptions& options, Clock& clock)
    : path_(std::move(path)),
      options_(options),
      clock_(clock),
      queue_(options.queue_requests, options.queue_bytes),
      files_(path_) {}

SqliteWriter::~SqliteWriter() { stop(); }

absl::StatusOr<LogProof> SqliteWriter::start(LogHead head) {
  LogProof proof;
  auto log = SqliteLog::open(path_, options_, clock_, head.known(), &proof);
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  if (absl::Status s = files_.opened(); !s.ok()) return s;
  epoch_ = log_->epoch();
  head_ = log_->head();
  needed_data_bytes_ = log_->needed_data_bytes();
  noted_.emplace(std::move(head));
  if (absl::Status s = noted_->note(epoch_, head_); !s.ok()) return s;
  if (absl::Status s = noted_->sync(); !s.ok()) return s;
  commits_signal_.advance(head_);
  thread_ = start_host_thread("writer", [this] { run(); });
  pthread_setname_np(thread_.native_handle(), "writer");
  return proof;
}

void SqliteWriter::append(std::unique_ptr<AppendRequest> request, AppendListener& listener) {
  if (refuse_malformed(*request)) {
    flights_.failed(*request);
    listener.appended(absl::MakeSpan(&request, 1));
    return;
  }
  QueuedAppend item{nullptr, &listener, request_bytes(*request), request_events(*request)};
  item.request = std::move(request);
  switch (queue_.put(item)) {
    case AppendQueue::Put::kTaken:
      return;
    case AppendQueue::Put::kFull:
      return answer(std::move(item.request), listener, AppendCode::kOverloaded,
                    absl::StrFormat("append: the queue is full, at most %d requests of %d bytes "
                                    "wait; try again later",
                                    options_.queue_requests, options_.queue_bytes));
    case AppendQueue::Put::kClosed:
      flights_.failed(*item.request);
      return answer(std::move(item.request), listener, AppendCode::kShuttingDown,
                    "append: the store is shutting down; try again later");
  }
}

absl::Status SqliteWriter::write(LogWork work) {
  assert_may_block("writing to the log");
  if (std::this_thread::get_id() == thread_.get_id()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the writer's thread cannot wait for itself; ask on another thread", path_));
  }
  LogWrite write(std::move(work));
  QueuedAppend item;
  item.write = &write;
  switch (queue_.put(item)) {
    case AppendQueue::Put::kTaken:
      break;
    case AppendQueue::Put::kFull:
      return absl::ResourceExhaustedError(
          absl::StrFormat("%s: the append queue is full, at most %d requests of %d bytes wait; try "
                          "again later",
                          path_, options_.queue_requests, options_.queue_bytes));
    case AppendQueue::Put::kClosed:
      return absl::UnavailableError(absl::StrFormat("%s: the store is shutting down", path_));
  }
  return write.wait();
}

void SqliteWriter::run() {
  std::vector<QueuedAppend> batch;
  while (queue_.take(batch, options_.batch, patience())) {
    const bool served = contain_exceptions("writer", [&] {
      if (log_ == nullptr) reopen_when_due();
      if (!batch.empty()) serve(batch);
    });
    if (!served) contain_exceptions("writer", [&] { fail_unexpectedly(batch); });
  }
  give_up_in_doubt("the store shut down first");
  set_health(absl::UnavailableError(absl::StrFormat("%s: the store is shut down", path_)));
  end_log();
}

// What is in the WAL is copied into the file, unless one of them is not what it must be: then the
// files stay as they are. The next opening copies it otherwise.
void SqliteWriter::end_log() {
  if (log_ == nullptr) return;
  const bool is_whole =
      files_.has_data() && log_->check_wal().ok() && files_.take_sizes(needed_data_bytes_).ok();
  if (is_whole) (void)log_->checkpoint_and_truncate();
  log_.reset();
  if (noted_) (void)noted_->sync();
}

void SqliteWriter::answer_all(std::vector<QueuedAppend>& batch, AppendCode code,
                              const std::string& message) {
  for (QueuedAppend& item : batch) {
    if (item.write != nullptr) {
      item.write->answer(absl::UnavailableError(message));
      continue;
    }
    item.request->result = AppendResult{};
    item.request->result.code = code;
    item.request->result.message = message;
    flights_.failed(*item.request);
  }
  hand_back(batch);
}

void SqliteWriter::serve(std::vector<QueuedAppend>& batch) {
  const absl::Status may_write = log_ == nullptr ? last_health() : files_.check();
  if (!may_write.ok()) {
    return answer_all(batch, AppendCode::kUnavailable, std::string(may_write.message()));
  }
  if (batch.front().write != nullptr) {
    write(*batch.front().write);
    batch.clear();  // the caller that waited has its answer, and may be gone
  } else {
    write(batch);
  }
  checkpoint_when_due();
}

void SqliteWriter::write(LogWrite& write) {
  std::vector<QueuedAppend> none;
  absl::Status status = begin();
  if (status.ok()) status = write.run(*log_);
  if (status.ok()) status = log_->commit();
  if (!status.ok()) fail(status, none, false);
  // A status of the caller's own: one that is shared would be counted by both threads.
  write.answer(absl::Status(status.code(), status.message()));
}

void SqliteWriter::write(std::vector<QueuedAppend>& batch) {
  absl::Status status = begin();
  for (QueuedAppend& item : batch) {
    if (!status.ok()) break;
    status = write_one(*item.request);
  }
  if (!status.ok()) return fail(status, batch, false);
  status = log_->commit();
  if (!status.ok()) return fail(status, batch, !log_->rolled_back());

  std::uint64_t appends = 0, events = 0;
  for (const QueuedAppend& item : batch) {
    if (item.request->result.code != AppendCode::kOk) continue;
    ++appends;
    events += item.events;
  }
  head_ = log_->head();
  if (events > 0) note_head();
  commits_ += appends > 0 ? 1 : 0;
  appends_ += appends;
  events_ += events;
  commits_signal_.advance(head_);
  hand_back(batch);
  commits_signal_.wake();
}

// Looks at the sizes under the write lock, where they mean something.
absl::Status SqliteWriter::begin() {
  if (absl::Status s = log_->begin(); !s.ok()) return s;
  needed_data_bytes_ = log_->needed_data_bytes();
  absl::Status status = files_.take_sizes(needed_data_bytes_);
  if (!status.ok()) (void)log_->roll_back();
  return status;
}

// A failure weakens the next start's proof only; it must not fail what is durable.
void SqliteWriter::note_head() { noted_->note(epoch_, head_).IgnoreError(); }

absl::Status SqliteWriter::write_one(AppendRequest& request) {
  if (flights_.refuses(request)) {
    request.result.code = AppendCode::kUnavailable;
    request.result.message = kFlightFailed;
    return absl::OkStatus();
  }
  const auto refused = refuse_by_log(request, log_->tables());
  if (!refused.ok()) return refused.status();
  if (!*refused && !request.resolve_only) return log_->tables().write(request);
  if (!*refused) request.result.code = AppendCode::kAbsent;
  if (!is_stored(request.result.code)) flights_.failed(request);
  return absl::OkStatus();
}

absl::Status SqliteWriter::try_to_write(std::size_t bytes) {
  absl::Status status = write([bytes](SqliteLog& log, absl::Status&) -> absl::Status {
    auto put = log.connection().prepare(
        "INSERT OR REPLACE INTO meta(key, value) VALUES('trial', zeroblob(?1))");
    if (!put.ok()) return put.status();
    put->bind(1, static_cast<std::int64_t>(bytes));
    return put->run();
  });
  if (!status.ok()) return status;
  return write([](SqliteLog& log, absl::Status&) {
    return log.connection().execute("DELETE FROM meta WHERE key = 'trial'");
  });
}

void SqliteWriter::checkpoint_when_due() {
  if (log_ == nullptr) return;
  const int pages = log_->wal_pages();
  const bool due = pages >= options_.forced_checkpoint_pages ||
                   (pages > options_.idle_checkpoint_pages && queue_.empty());
  if (!due) return;
  std::vector<QueuedAppend> none;
  absl::Status status = log_->check_wal();
  if (status.ok()) status = log_->checkpoint();
  if (!status.ok()) fail(status, none, false);
}

// A failed sync may have lost pages that later syncs call clean: nothing is written through this
// connection again.
void SqliteWriter::fail(const absl::Status& why, std::vector<QueuedAppend>& batch,
                        bool committing) {
  set_health(why);
  log_.reset();
  is_lost_ = is_lost(why);
  if (is_lost_ && committing) {
    answer_all(batch, AppendCode::kUnknown, std::string(why.message()));
  } else if (committing) {
    in_doubt_ = std::move(batch);
    in_doubt_until_us_ = clock_.steady_micros() + options_.resolve_us;
  } else {
    answer_all(batch, AppendCode::kUnavailable, std::string(why.message()));
  }
  batch.clear();
  backoff_us_ = 0;
  next_attempt_us_ = clock_.steady_micros();
  reopen_when_due();
}

// An exception has ended a step anywhere. What was written may be durable: the log is opened anew
// and asked.
void SqliteWriter::fail_unexpectedly(std::vector<QueuedAppend>& batch) {
  std::erase_if(batch, [](const QueuedAppend& item) {  // handed back already
    return item.write == nullptr && item.listener == nullptr;
  });
  const bool in_doubt = log_ != nullptr && !batch.empty() && batch.front().write == nullptr;
  fail(absl::UnavailableError(absl::StrFormat(
           "%s: the writer could not go on, most likely for lack of memory; it opens the log again",
           path_)),
       batch, in_doubt);
}

void SqliteWriter::reopen_when_due() {
  const std::int64_t now = clock_.steady_micros();
  if (now >= next_attempt_us_ && !is_lost_) {
    auto log = open_again();
    if (log.ok()) {
      log_ = *std::move(log);
      head_ = log_->head();
      commits_signal_.advance(head_);
      resolve(in_doubt_);
      commits_signal_.wake();
      return;
    }
    set_health(log.status());
    is_lost_ = is_lost(log.status());
    backoff_us_ = std::clamp(backoff_us_ * 2, kFirstBackoffMicros, kLongestBackoffMicros);
    next_attempt_us_ = now + backoff_us_;
  }
  if (now >= in_doubt_until_us_ || is_lost_) give_up_in_doubt("the log could not be read in time");
}

// A batch is one transaction: where its first event is, all of it is.
void SqliteWriter::resolve(std::vector<QueuedAppend>& batch) {
  const AppendRequest* const probe = first_written(batch);
  bool written = false;
  if (probe != nullptr) {
    const auto place = log_->tables().event(probe->streams.front().events.front().id);
    if (!place.ok()) {
      log_.reset();
      return set_health(place.status());
    }
    written = place->has_value() && (*place)->position == probe->result.first_position;
  }
  const std::string why(last_health().message());
  set_health(absl::OkStatus());
  if (written) return hand_back(batch);
  if (probe == nullptr) {
    return answer_all(batch, AppendCode::kUnknown,
                      absl::StrFormat("%s; the timers may be stored, write them again", why));
  }
  answer_all(batch, AppendCode::kUnavailable, why);
}

void SqliteWriter::give_up_in_doubt(std::string_view why) {
  if (in_doubt_.empty()) return;
  answer_all(
      in_doubt_, AppendCode::kUnknown,
      absl::StrFormat("append: the commit failed and %s; ask again with the same event ids", why));
}

// Never another file than the first time: a missing one would be made, empty.
absl::StatusOr<std::unique_ptr<SqliteLog>> SqliteWriter::open_again() {
  if (absl::Status s = files_.check(); !s.ok()) return s;
  if (absl::Status s = files_.take_sizes(needed_data_bytes_); !s.ok()) return s;
  auto log =
      SqliteLog::open(path_, options_, clock_, LogHead::Known{epoch_, head_.load()}, nullptr);
  const absl::Status files = files_.opened();  // an opening that failed may have emptied the WAL
  if (log.ok() && !files.ok()) return files;
  return log;
}

absl::Duration SqliteWriter::patience() const {
  if (log_ != nullptr || is_lost_) return absl::InfiniteDuration();
  std::int64_t until = next_attempt_us_;
  if (!in_doubt_.empty()) until = std::min(until, in_doubt_until_us_);
  return absl::Microseconds(std::max<std::int64_t>(until - clock_.steady_micros(), 0));
}

void SqliteWriter::set_health(absl::Status status) {
  const MutexLock lock(health_mutex_);
  health_ = std::move(status);
}

// A copy of its own: what two threads share of a status is counted where the thread sanitizer does
// not look.
absl::Status SqliteWriter::last_health() const {
  const MutexLock lock(health_mutex_);
  return {health_.code(), health_.message()};
}

absl::Status SqliteWriter::health() {
  if (absl::Status last = last_health(); !last.ok()) return last;
  if (absl::Status s = files_.check(); !s.ok()) return s;
  return files_.is_shorter() ? look_closer() : absl::OkStatus();
}

// [any] A file is shorter: what must it hold? A connection of its own finds that out; not on an
// empty file, for SQLite takes that as a new one and removes its WAL.
absl::Status SqliteWriter::look_closer() {
  if (!files_.has_data()) return files_.take_sizes(needed_data_bytes_);
  auto reader = Connection::open(path_, Connection::Mode::kRead, options_.vfs);
  if (!reader.ok()) return reader.status();
  absl::Status status = reader->execute("BEGIN; SELECT count(*) FROM meta");
  const auto state = wal_state(reader->get());
  if (!state) return status;
  if (state->copied < state->frames) {
    const auto lost = first_lost_frame(reader->get(), *state, state->frames);
    if (!lost.ok()) return lost.status();
    if (*lost != 0) {
      return absl::UnavailableError(absl::StrFormat(
          "%s-wal: cut or overwritten while the host runs: it must hold %d bytes, found %d; "
          "nothing "
          "is appended any more; stop the host, keep a copy of the files, and start it again: the "
          "start says what is missing",
          path_, state->needed_bytes(), wal_bytes(reader->get())));
    }
  }
  if (!status.ok()) return status;
  const std::int64_t data = std::int64_t{state->pages} * state->page_size;
  return files_.take_sizes(std::min(data, needed_data_bytes_.load()));
}

EventStoreStats SqliteWriter::stats() const {
  EventStoreStats stats;
  stats.head = head_;
  stats.commits = commits_;
  stats.appends = appends_;
  stats.events = events_;
  stats.queued_requests = queue_.requests();
  stats.queued_bytes = queue_.bytes();
  return stats;
}

void SqliteWriter::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

}  // namespace composable::host
