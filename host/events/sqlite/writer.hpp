// A SqliteWriter owns the one thread that writes and checkpoints. It takes the appends that wait,
// checks them in order, commits them together and answers them. When the disk fails, it opens the
// file anew and finds out what was stored before it answers.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "events/append_queue.hpp"
#include "events/commit_signal.hpp"
#include "events/event_store.hpp"
#include "events/flight_guard.hpp"
#include "events/log_write.hpp"
#include "events/sqlite/file_watch.hpp"
#include "events/sqlite/log.hpp"
#include "events/sqlite/log_head.hpp"
#include "events/sqlite/options.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class SqliteWriter {
 public:
  SqliteWriter(std::string path, const SqliteStoreOptions& options, Clock& clock);
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  // Opens the file, proves that it is whole, and starts the thread; once. `head`: how far it was
  // acknowledged.
  absl::StatusOr<LogProof> start(LogHead head);

  // [any] Refusals that need no queue come back inside the call.
  void append(std::unique_ptr<AppendRequest> request, AppendListener& listener);

  // [not the writer] Runs `work` in a transaction of its own, in turn with the appends, and
  // waits. After a failure it may be stored or not: each is made so that repeating it is right.
  absl::Status write(LogWork work);

  CommitSignal& commits() { return commits_signal_; }
  Uuid epoch() const { return epoch_; }          // after start
  EventStoreStats stats() const;                 // [any]
  absl::Status health();                         // [any] looks at the files
  absl::Status try_to_write(std::size_t bytes);  // [not the writer] EventStore's
  const std::string& path() const { return path_; }

  // Refuses further appends, answers those that were taken, ends the thread. Not on the writer's
  // thread.
  void stop();

 private:
  void run();
  void serve(std::vector<QueuedAppend>& batch);
  void write(std::vector<QueuedAppend>& batch);
  void write(LogWrite& write);
  absl::Status write_one(AppendRequest& request);
  void answer_all(std::vector<QueuedAppend>& batch, AppendCode code, const std::string& message);
  void checkpoint_when_due();
  absl::Status begin();
  void note_head();
  void end_log();

  // After a failure: what was being committed is in doubt until the file is open again.
  void fail(const absl::Status& why, std::vector<QueuedAppend>& batch, bool committing);
  void fail_unexpectedly(std::vector<QueuedAppend>& batch);
  void reopen_when_due();
  void resolve(std::vector<QueuedAppend>& batch);
  void give_up_in_doubt(std::string_view why);
  absl::StatusOr<std::unique_ptr<SqliteLog>> open_again();
  absl::Status look_closer();
  void set_health(absl::Status status);
  absl::Status last_health() const;
  absl::Duration patience() const;

  const std::string path_;
  const SqliteStoreOptions options_;
  Clock& clock_;
  AppendQueue queue_;
  FileWatch files_;
  CommitSignal commits_signal_;
  FlightGuard flights_;
  std::thread thread_;
  Uuid epoch_;

  // The writer's thread only.
  std::unique_ptr<SqliteLog> log_;  // null: failed, and not open again yet
  std::vector<QueuedAppend> in_doubt_;
  std::int64_t in_doubt_until_us_ = 0;
  std::int64_t next_attempt_us_ = 0;
  std::int64_t backoff_us_ = 0;
  bool is_lost_ = false;          // see is_lost(): never opened again
  std::optional<LogHead> noted_;  // acknowledged position, for the next start

  std::atomic<std::int64_t> needed_data_bytes_{0};  // see FileWatch::take_sizes
  std::atomic<std::uint64_t> head_{0}, commits_{0}, appends_{0}, events_{0};
  mutable Mutex health_mutex_;
  absl::Status health_ ABSL_GUARDED_BY(health_mutex_);
};

}  // namespace composable::host
