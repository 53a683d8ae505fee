// One loop of a host without sockets: a thread that runs what is posted, and timers.
#pragma once
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "runtime/mutex.hpp"
#include "runtime/scheduler.hpp"

namespace composable::host {

class LoopThread final : public Scheduler {
 public:
  LoopThread() : thread_([this] { run(); }) {}
  // What has not been run by then is dropped.
  ~LoopThread() override {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

  void post(Task task) override { after(0, std::move(task)); }
  TimerId after(std::int64_t micros, Task task) override {
    const MutexLock lock(mutex_);
    const auto due = Clock::now() + std::chrono::microseconds(micros);
    tasks_.emplace(Key{due, ++last_}, std::move(task));
    changed_.notify_all();
    return last_;
  }
  void cancel(TimerId timer) override {
    const MutexLock lock(mutex_);
    std::erase_if(tasks_, [&](const auto& task) { return task.first.second == timer; });
  }

  // Waits until all that was posted so far has run.
  void make_a_round() {
    std::promise<void> done;
    post([&] { done.set_value(); });
    done.get_future().wait();
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Key = std::pair<Clock::time_point, TimerId>;

  void run() {
    for (;;) {
      Task task;
      {
        const MutexLock lock(mutex_);
        while (!stopping_ && (tasks_.empty() || tasks_.begin()->first.first > Clock::now())) {
          if (tasks_.empty()) {
            changed_.wait(mutex_);
          } else {
            const Clock::time_point due = tasks_.begin()->first.first;
            changed_.wait_until(mutex_, due);
          }
        }
        if (stopping_) return;
        task = std::move(tasks_.begin()->second);
        tasks_.erase(tasks_.begin());
      }
      task();
    }
  }

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  TimerId last_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace composable::host
