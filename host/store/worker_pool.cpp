#include "store/worker_pool.hpp"

#include <utility>

#include "observe/host_thread.hpp"

namespace composable::host {

WorkerPool::WorkerPool(std::size_t threads, std::size_t capacity) : capacity_(capacity) {
  threads_.reserve(threads);
  for (std::size_t n = 0; n < threads; ++n)
    threads_.push_back(start_host_thread("worker", [this] { work(); }));
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& t : threads_) t.join();
}

bool WorkerPool::submit(Task task) {
  {
    MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= capacity_) return false;
    queue_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::resubmit(Task task) {
  {
    MutexLock lock(mutex_);
    queue_.push_back(std::move(task));
  }
  changed_.notify_one();
}

std::size_t WorkerPool::waiting() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void WorkerPool::work() {
  for (;;) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && queue_.empty()) changed_.wait(mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    contain_exceptions("worker", task);
  }
}

}  // namespace composable::host
