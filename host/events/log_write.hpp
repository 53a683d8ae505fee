// A LogWrite is a write that is no append: a part of a snapshot, a checkpoint, a dead letter, a
// truncation. It waits in the writer's queue like an append, runs on the writer's thread in a
// transaction of its own, and blocks its caller. Keep each one short: appends wait behind it.
#pragma once
#include <condition_variable>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "runtime/mutex.hpp"

namespace composable::host {

class SqliteLog;

// Returns SQLite's failures, after which the file is opened anew. Sets `refused`, before it writes
// anything, when the rules refuse the write.
using LogWork = std::function<absl::Status(SqliteLog& log, absl::Status& refused)>;

class LogWrite {
 public:
  explicit LogWrite(LogWork work) : work_(std::move(work)) {}

  absl::Status run(SqliteLog& log) { return work_(log, refused_); }  // [writer]
  void answer(absl::Status status);                                  // [writer] once
  absl::Status wait();  // [not the writer] blocks; the failure, or the refusal

 private:
  const LogWork work_;
  absl::Status refused_;
  Mutex mutex_;
  std::condition_variable_any done_;
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
