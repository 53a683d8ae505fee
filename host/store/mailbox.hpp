// A Mailbox is the queue in front of a serial section, and the counter that says who is inside.
//
// The counter says both whether the domain runs and how much waits: the thread that raises it from
// zero is inside. Nobody ever waits for the domain; work that cannot run in place is left in the
// queue. Urgent work (answers of the log, timers) comes before what waits, and is all that runs
// while the section is paused.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "runtime/mutex.hpp"
#include "store/serial_role.hpp"

namespace composable::host {

class Mailbox {
 public:
  using Work = absl::AnyInvocable<void()>;

  // [any] True: the domain was free and the caller is inside, on one item of its own. It runs that
  // and then calls next() until that says no.
  bool try_enter()
      ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true, serial_role) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::size_t free = 0;
    return count_.compare_exchange_strong(free, 1, std::memory_order_acq_rel);
  }

  // [any] Leaves work in the queue. True: the domain was free, and the caller must have take()
  // called on a loop thread, whose thread is then inside.
  bool put(Work work) {
    MutexLock lock(mutex_);
    queue_.push_back(std::move(work));
    return count_.fetch_add(1, std::memory_order_acq_rel) == 0;
  }
  bool put_urgent(Work work) {
    MutexLock lock(mutex_);
    urgent_.push_back(std::move(work));
    n_urgent_.store(urgent_.size(), std::memory_order_release);
    const bool free = count_.fetch_add(1, std::memory_order_acq_rel) == 0;
    return std::exchange(asleep_, false) || free;
  }

  // [serial] The oldest urgent work, or else the oldest; only after put() or next() said that there
  // is one.
  Work take() STORE_SERIAL {
    MutexLock lock(mutex_);
    return take_from(urgent_.empty() ? queue_ : urgent_);
  }
  // [serial] Between the steps of one item.
  bool has_urgent() const { return n_urgent_.load(std::memory_order_acquire) != 0; }
  // [serial] Takes the oldest urgent work as a part of the current item.
  Work take_urgent() STORE_SERIAL {
    MutexLock lock(mutex_);
    count_.fetch_sub(1, std::memory_order_acq_rel);
    return take_from(urgent_);
  }

  // [serial] The current item has ended. False: nothing may run, the caller is outside from now on.
  bool next() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!paused_) return count_.fetch_sub(1, std::memory_order_acq_rel) != 1;
    MutexLock lock(mutex_);
    count_.fetch_sub(1, std::memory_order_acq_rel);
    asleep_ = urgent_.empty();
    return !asleep_;
  }

  // [serial] From the end of the current item on, only urgent work runs, until resume(). No thread
  // enters meanwhile.
  void pause() STORE_SERIAL {
    if (!std::exchange(paused_, true)) count_.fetch_add(1, std::memory_order_acq_rel);
  }
  void resume() STORE_SERIAL {
    if (std::exchange(paused_, false)) count_.fetch_sub(1, std::memory_order_acq_rel);
  }
  bool paused() const STORE_SERIAL { return paused_; }

  // [any] Items waiting or running.
  std::size_t size() const { return count_.load(std::memory_order_relaxed); }

 private:
  Work take_from(std::deque<Work>& queue) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Work work = std::move(queue.front());
    queue.pop_front();
    n_urgent_.store(urgent_.size(), std::memory_order_release);
    return work;
  }

  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> n_urgent_{0};
  Mutex mutex_;
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
  std::deque<Work> urgent_ ABSL_GUARDED_BY(mutex_);
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;  // paused, and no thread is inside
  bool paused_ = false;                          // [serial]
};

}  // namespace composable::host
