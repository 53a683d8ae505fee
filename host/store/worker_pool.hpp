// Threads for what may block: jobs and reads of the log. One pool for all domains of a host.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "runtime/mutex.hpp"
#include "runtime/scheduler.hpp"

namespace composable::host {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t capacity);
  ~WorkerPool();  // runs what was taken, then joins

  // [any] False: `capacity` tasks wait already, or the pool is stopping; nothing was taken.
  bool submit(Task task);
  // [any] Takes a task beyond the bound: the continuation of one that was taken.
  void resubmit(Task task);

  std::size_t waiting() const;

 private:
  void work();

  const std::size_t capacity_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace composable::host
