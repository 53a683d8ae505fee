// A SQLite VFS over the platform's that knows what a disk would hold if the power failed now, and
// that fails on demand. Any thread.
//
// What is written is seen at once by everybody, as with an operating system's page cache; durable
// is what was synced after that. Syncs do not reach the real disk: only the model counts.
#pragma once
#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace composable::host::testing {

class FaultVfs {
 public:
  enum class Operation : std::uint8_t { kRead, kWrite, kSync, kTruncate };

  FaultVfs();   // registers it with SQLite, under a name of its own
  ~FaultVfs();  // after the last connection
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  const std::string& name() const { return name_; }

  // The next `count` operations of this kind on files whose name ends in `suffix` fail with `code`.
  // A failed sync loses what it was to make durable for good, although it can still be read: that
  // is what Linux does.
  void fail(Operation operation, std::string suffix, int count, int code);
  void heal();           // nothing fails any more
  int failures() const;  // so far

  // Cuts the power at the `operations`-th write, sync or truncation from now, on the thread that
  // does it: calls `then` and keeps what a disk would hold at that moment.
  void cut_power_after(int operations, std::function<void()> then);
  // Cuts it now, between operations.
  void cut_power();
  bool cut() const;
  // Writes the files as they are after the cut to `directory`: what was synced, and of what was not
  // a random part of its 512-byte sectors.
  void write_remains(const std::string& directory, std::uint64_t seed);

  // The rest is for the C functions behind it.
  struct Change {
    bool truncation = false;
    std::int64_t offset = 0;  // or the new size
    std::string bytes;
  };
  struct Disk {
    std::string durable;
    std::vector<Change> unsynced;
  };
  std::shared_ptr<Disk> open(const std::string& path);
  void forget(const std::string& path);
  int before(Operation operation, const std::string& path, Disk& disk);  // SQLite's code
  void changed(Disk& disk, Change change);
  void synced(Disk& disk);
  sqlite3_vfs* below() const { return platform_; }

 private:
  void count_down() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void keep_remains() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Fault {
    Operation operation;
    std::string suffix;
    int count;
    int code;
  };

  std::string name_;
  sqlite3_vfs* platform_;
  sqlite3_vfs vfs_{};
  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Disk>> disks_ ABSL_GUARDED_BY(mutex_);  // by path
  std::map<std::string, Disk> remains_ ABSL_GUARDED_BY(mutex_);
  std::vector<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  int countdown_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cut_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void()> then_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host::testing
