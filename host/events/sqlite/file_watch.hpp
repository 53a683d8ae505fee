// A FileWatch checks that the log's files are still those that were opened. On Unix, a file that
// was deleted or replaced can be written without an error, and is gone at the next start. So the
// writer checks the paths before every commit, and health() at every call. Any thread.
//
// Shorter is not damaged: another program may copy the WAL into the data file and empty it, or
// pack the data file. So a size is compared with what the file must hold. For the WAL its own
// index knows that (wal.hpp).
#pragma once
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "runtime/mutex.hpp"

namespace composable::host {

class FileWatch {
 public:
  explicit FileWatch(std::string path) : path_(std::move(path)) {}

  // Records the identity of the files, right after they were opened: of the data file the first
  // time only; of its WAL and the WAL's index each time, since an opening may recreate them.
  absl::Status opened();
  // OK: all files exist and are the same. Otherwise the error says what happened, and what to do. A
  // file that was moved away and comes back is accepted again.
  absl::Status check();
  // Whether the data file or the WAL is shorter than when its size was taken last.
  bool is_shorter();
  bool has_data();  // the data file is not empty
  // Records the sizes. An error when the data file is shorter than it was and shorter than `needed`
  // bytes, which every state of the log since then takes.
  absl::Status take_sizes(std::int64_t needed);

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
  Mutex mutex_;
  std::array<Identity, 3> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
