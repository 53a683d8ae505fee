// A CommitSignal knows where the log ends and lets threads wait until it ends further on. Each
// store has one: the writer advances it before a commit is answered and wakes waiters after that.
// While nothing waits, a commit costs two atomic operations.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "runtime/mutex.hpp"

namespace composable::host {

class CommitSignal {
 public:
  // [writer] Positions up to `head` are committed. Never goes back, and wakes no thread: wake()
  // follows after the answers.
  void advance(std::uint64_t head);
  std::uint64_t head() const { return head_.load(); }  // [any]

  // [any] Makes every waiting thread check its condition; cheap when none waits.
  void wake();

  // [any] Waits until `ready()`, which is called under the signal's lock, or until the deadline.
  template <typename Ready>
  bool wait(Ready ready, absl::Time deadline) {
    const MutexLock lock(mutex_);
    waiters_.fetch_add(1);
    bool is_ready = ready();
    while (!is_ready &&
           moved_.wait_until(mutex_, absl::ToChronoTime(deadline)) != std::cv_status::timeout) {
      is_ready = ready();
    }
    waiters_.fetch_sub(1);
    return is_ready || ready();
  }

 private:
  // Both are sequentially consistent, as is whatever else `ready` reads: either wake() sees the
  // waiter, or the waiter sees the new head.
  std::atomic<std::uint64_t> head_{0};
  std::atomic<int> waiters_{0};
  Mutex mutex_;
  std::condition_variable_any moved_;
};

}  // namespace composable::host
