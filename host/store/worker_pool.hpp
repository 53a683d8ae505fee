// A WorkerPool runs what may block, jobs and reads of the log, on threads of its own. One pool
// serves all domains of a host. It is fair to them:
//
// - Each domain has lanes, which take turns: many tasks of one lane delay a task of another by one
// each.
//
// - A lane runs at most `per_lane` tasks at a time. While a lane runs none, a thread is kept for
// it, unless `per_lane` is `most`: blocking tasks of one lane do not stop another.
//
// - Threads are added one by one while tasks wait and none begins, up to `most`. A thread that is
// idle for long ends, down to `least`.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "runtime/mutex.hpp"
#include "runtime/scheduler.hpp"

namespace composable::host {

class WorkerPool {
 public:
  struct Options {
    std::size_t least = 1;                    // threads that stay
    std::size_t most = 1;                     // threads
    std::size_t per_lane = 1;                 // tasks of one lane that run at the same time
    std::size_t capacity = 0;                 // tasks of one lane that wait
    std::chrono::milliseconds grow_after{5};  // without a task that began
    std::chrono::milliseconds idle{10'000};
  };
  // The tasks of one kind of one domain. Shared with the pool, which drops an empty lane that
  // nothing else holds.
  class Lane {
   public:
    explicit Lane(std::string name) : name_(std::move(name)) {}

   private:
    friend class WorkerPool;
    const std::string name_;
    // Guarded by the pool's mutex.
    std::deque<Task> waiting_;
    std::size_t running_ = 0;
    std::chrono::steady_clock::time_point reported_{};  // when its bound was last reported
  };

  explicit WorkerPool(const Options& options);
  // So many threads, all of them for each lane.
  WorkerPool(std::size_t threads, std::size_t capacity)
      : WorkerPool(Options{
            .least = threads, .most = threads, .per_lane = threads, .capacity = capacity}) {}
  ~WorkerPool();  // runs what was taken, then joins
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // [any] `name` is its domain, for the log.
  std::shared_ptr<Lane> lane(std::string name);
  // [any] False: `capacity` tasks of the lane wait already, or the pool is stopping; nothing was
  // taken.
  bool submit(Lane& lane, Task task);
  // [any] Takes a task beyond the bound: the continuation of one that was taken.
  void resubmit(Lane& lane, Task task);
  // [any] The same in a lane of the host's own.
  bool submit(Task task) { return submit(*own_, std::move(task)); }
  void resubmit(Task task) { resubmit(*own_, std::move(task)); }

  // [any] Of all lanes.
  std::size_t waiting() const;
  std::size_t running() const;
  std::size_t threads() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Threads = std::list<std::thread>;

  void work(Threads::iterator self);
  void watch();
  bool put(Lane& lane, Task task, bool bounded);
  // Joins the threads that have ended. False: there are no others.
  bool reap();
  bool may_run(const Lane& lane) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool any_may_run() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Lane* next_lane() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void begin(Lane& lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void end(Lane& lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void add_thread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void forget_lanes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void report_bounds() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;  // for workers
  std::condition_variable_any pressed_;  // for the watch
  std::vector<std::shared_ptr<Lane>> lanes_ ABSL_GUARDED_BY(mutex_);
  std::size_t turn_ ABSL_GUARDED_BY(mutex_) = 0;         // of the lane that is looked at first
  std::size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;      // tasks
  std::size_t running_ ABSL_GUARDED_BY(mutex_) = 0;      // tasks
  std::size_t quiet_lanes_ ABSL_GUARDED_BY(mutex_) = 0;  // that run nothing
  std::size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;         // threads
  std::uint64_t begun_ ABSL_GUARDED_BY(mutex_) = 0;      // tasks, ever
  Clock::time_point reported_full_ ABSL_GUARDED_BY(mutex_){};
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool watch_sleeps_ ABSL_GUARDED_BY(mutex_) = false;
  Threads threads_ ABSL_GUARDED_BY(mutex_);
  Threads ended_ ABSL_GUARDED_BY(mutex_);  // to be joined
  std::shared_ptr<Lane> own_;
  std::thread watch_;  // only where threads may come and go
};

}  // namespace composable::host
