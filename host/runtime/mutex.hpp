// A Mutex is the host's only mutex: std::mutex with the annotations of clang's thread-safety
// analysis. Conditions are std::condition_variable_any, which waits on the Mutex itself.
// absl::Mutex is not used: Debian's build checks every lock for deadlocks, which costs more than
// what is guarded here, and the thread sanitizer does not see it.
#pragma once
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace composable::host {

class ABSL_LOCKABLE Mutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace composable::host
