// Whether the log's files are still those that were opened. On Unix a file that was deleted or
// replaced can be written on without an error, and is gone at the next start: so the writer and
// health() look at the paths now and then. Any thread.
#pragma once
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace composable::host {

class FileWatch {
 public:
  explicit FileWatch(std::string path) : path_(std::move(path)) {}

  // Takes the files as they are: the data file the first time only, its WAL and the WAL's index,
  // which an opening may make anew, each time. Called when they have just been opened.
  absl::Status opened();
  // OK: all are there, the same, and not shorter than they were. Otherwise what happened, and what
  // to do. A file that was moved away and comes back is accepted again.
  absl::Status check();

 private:
  struct Identity {
    bool exists = false;
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t size = 0;
  };
  static Identity look_at(const std::string& path);
  absl::Status compare() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  static constexpr std::array<const char*, 3> kSuffixes{"", "-wal", "-shm"};
  const std::string path_;
  absl::Mutex mutex_;
  std::array<Identity, 3> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
