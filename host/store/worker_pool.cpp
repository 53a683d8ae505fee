#include "store/worker_pool.hpp"

#include <utility>

namespace composable::host {

WorkerPool::WorkerPool(std::size_t threads, std::size_t capacity) : capacity_(capacity) {
  threads_.reserve(threads);
  for (std::size_t n = 0; n < threads; ++n) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& t : threads_) t.join();
}

bool WorkerPool::submit(Task task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_ || queue_.size() >= capacity_) return false;
  queue_.push_back(std::move(task));
  return true;
}

void WorkerPool::resubmit(Task task) {
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(task));
}

std::size_t WorkerPool::waiting() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

void WorkerPool::work() {
  for (;;) {
    Task task;
    {
      const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !queue_.empty();
      };
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace composable::host
