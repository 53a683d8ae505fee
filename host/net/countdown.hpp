// A Countdown waits until each of several loops has called count_down() once. It is shared with
// the last callbacks, which may come after the wait has ended. Any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>

#include "runtime/mutex.hpp"

namespace composable::host {

class Countdown {
 public:
  explicit Countdown(std::size_t loops) : left_(loops) {}

  void count_down() {
    const MutexLock lock(mutex_);
    --left_;
    changed_.notify_all();
  }
  void wait(std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    const MutexLock lock(mutex_);
    while (left_ != 0 && changed_.wait_until(mutex_, until) != std::cv_status::timeout) {
    }
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t left_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
