// A Countdown waits until each of several loops has said once that it is done. Shared with the last
// callbacks, which may come after the waiting has ended. Any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace composable::host {

class Countdown {
 public:
  explicit Countdown(std::size_t loops) : left_(loops) {}

  void count_down() {
    const std::lock_guard lock(mutex_);
    --left_;
    changed_.notify_all();
  }
  void wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t left_;
};

}  // namespace composable::host
