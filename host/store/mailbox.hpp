// The serial section of one domain, and the queue in front of it.
//
// One counter says both whether the domain runs and how much waits: who raises it from zero is
// inside. Nobody ever waits for the domain; work that cannot run in place is left in the queue.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "runtime/mutex.hpp"

namespace composable::host {

class ABSL_LOCKABLE Mailbox {
 public:
  using Work = absl::AnyInvocable<void()>;

  // [any] True: the domain was free and the caller is inside, on one item of its own. It runs that
  // and then calls next() until that says no.
  bool try_enter() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    std::size_t free = 0;
    return count_.compare_exchange_strong(free, 1, std::memory_order_acq_rel);
  }

  // [any] Leaves work in the queue. True: the domain was free, and the caller must have take()
  // called on a loop thread, whose thread is then inside.
  bool put(Work work) {
    {
      MutexLock lock(mutex_);
      queue_.push_back(std::move(work));
    }
    return count_.fetch_add(1, std::memory_order_acq_rel) == 0;
  }

  // [serial] The oldest work in the queue; only after put() or next() said that there is one.
  Work take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    MutexLock lock(mutex_);
    Work work = std::move(queue_.front());
    queue_.pop_front();
    return work;
  }

  // [serial] The current item has ended. False: nothing waits, the caller is outside from now on.
  bool next() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return count_.fetch_sub(1, std::memory_order_acq_rel) != 1;
  }

  // [serial] Tells the analysis what the protocol guarantees: a continuation that was posted by who
  // was inside is inside.
  void assert_inside() const ABSL_ASSERT_EXCLUSIVE_LOCK(this) {}

  // [any] Items waiting or running.
  std::size_t size() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> count_{0};
  Mutex mutex_;
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
