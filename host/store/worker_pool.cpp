#include "store/worker_pool.hpp"

#include <algorithm>
#include <iterator>
#include <system_error>

#include "observe/host_thread.hpp"
#include "observe/log.hpp"

namespace composable::host {
namespace {

// Between two lines about one bound.
constexpr std::chrono::seconds kReportAgain{60};
// Whether a bound is still reached.
constexpr std::chrono::milliseconds kLookAgain{100};

}  // namespace

WorkerPool::WorkerPool(const Options& options) : options_(options), own_(lane("host")) {
  {
    const MutexLock lock(mutex_);
    while (threads_.size() < options_.least) add_thread();
  }
  if (options_.most == options_.least && options_.per_lane >= options_.most) return;
  watch_ = start_host_thread("workers", [this] { watch(); });
}

WorkerPool::~WorkerPool() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  pressed_.notify_all();
  if (watch_.joinable()) watch_.join();
  do {
    MutexLock lock(mutex_);
    while (ended_.empty() && !threads_.empty()) pressed_.wait(mutex_);
  } while (reap());
}

bool WorkerPool::reap() {
  Threads ended;
  bool others = false;
  {
    const MutexLock lock(mutex_);
    ended.splice(ended.end(), ended_);
    others = !threads_.empty();
  }
  for (std::thread& thread : ended) thread.join();
  return others;
}

std::shared_ptr<WorkerPool::Lane> WorkerPool::lane(std::string name) {
  auto lane = std::make_shared<Lane>(std::move(name));
  const MutexLock lock(mutex_);
  forget_lanes();
  lanes_.push_back(lane);
  ++quiet_lanes_;
  return lane;
}

void WorkerPool::forget_lanes() {
  const std::size_t before = lanes_.size();
  std::erase_if(lanes_, [](const std::shared_ptr<Lane>& lane) {
    return lane.use_count() == 1 && lane->waiting_.empty() && lane->running_ == 0;
  });
  quiet_lanes_ -= before - lanes_.size();
}

bool WorkerPool::submit(Lane& lane, Task task) { return put(lane, std::move(task), true); }

void WorkerPool::resubmit(Lane& lane, Task task) { put(lane, std::move(task), false); }

bool WorkerPool::put(Lane& lane, Task task, bool bounded) {
  bool pressed = false;
  {
    const MutexLock lock(mutex_);
    if (bounded && (stopping_ || lane.waiting_.size() >= options_.capacity)) return false;
    lane.waiting_.push_back(std::move(task));
    ++waiting_;
    // An idle thread takes one task only, and those that were told of one count as idle until then.
    pressed = watch_sleeps_ && (waiting_ > idle_ || !may_run(lane));
  }
  changed_.notify_one();
  if (pressed) pressed_.notify_one();
  return true;
}

// A lane that runs tasks leaves a thread to each lane that does not, up to half of the threads.
bool WorkerPool::may_run(const Lane& lane) const {
  if (stopping_ || lane.running_ == 0) return true;
  if (lane.running_ >= options_.per_lane) return false;
  const std::size_t left =
      options_.per_lane >= options_.most ? 0 : std::min(quiet_lanes_, options_.most / 2);
  return running_ + left < options_.most;
}

bool WorkerPool::any_may_run() const {
  for (const std::shared_ptr<Lane>& lane : lanes_) {
    if (!lane->waiting_.empty() && may_run(*lane)) return true;
  }
  return false;
}

WorkerPool::Lane* WorkerPool::next_lane() {
  if (waiting_ == 0) return nullptr;
  for (std::size_t n = 0; n < lanes_.size(); ++n) {
    Lane& lane = *lanes_[(turn_ + n) % lanes_.size()];
    if (lane.waiting_.empty() || !may_run(lane)) continue;
    turn_ = (turn_ + n + 1) % lanes_.size();
    return &lane;
  }
  return nullptr;
}

void WorkerPool::begin(Lane& lane) {
  --waiting_;
  ++running_;
  ++begun_;
  if (lane.running_++ == 0) --quiet_lanes_;
}

void WorkerPool::end(Lane& lane) {
  --running_;
  if (--lane.running_ == 0) ++quiet_lanes_;
}

// Without another thread the tasks wait, as they do when there are `most`.
void WorkerPool::add_thread() {
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = start_host_thread("worker", [this, self] { work(self); });
  } catch (const std::system_error& error) {
    threads_.erase(self);
    log_error("workers", "no_thread",
              {{"threads", threads_.size()},
               {"reason", error.code().message()},
               {"advice", "raise the limit of processes (ulimit -u)"}});
    if (threads_.empty()) throw;
  }
}

void WorkerPool::work(Threads::iterator self) {
  for (;;) {
    Task task;
    Lane* lane = nullptr;
    {
      MutexLock lock(mutex_);
      bool idle_for_long = false;
      while ((lane = next_lane()) == nullptr) {
        const bool spare = threads_.size() > options_.least;
        if ((stopping_ && waiting_ == 0) || (idle_for_long && spare)) {
          ended_.splice(ended_.end(), threads_, self);
          pressed_.notify_one();
          return;
        }
        ++idle_;
        const auto until = Clock::now() + options_.idle;
        idle_for_long = changed_.wait_until(mutex_, until) == std::cv_status::timeout;
        --idle_;
      }
      task = std::move(lane->waiting_.front());
      lane->waiting_.pop_front();
      begin(*lane);
      if (waiting_ > 0 && watch_sleeps_) pressed_.notify_one();
    }
    contain_exceptions("worker", task);
    task = nullptr;  // what it holds goes before its place is given on
    const MutexLock lock(mutex_);
    end(*lane);
    if (idle_ > 0 && waiting_ > 1) changed_.notify_one();  // more than this one may run now
  }
}

// Adds a thread whenever a task waits that may run, and none has begun for a while. It sleeps only
// while no task waits that an idle thread is not about to take.
void WorkerPool::watch() {
  for (;;) {
    reap();
    MutexLock lock(mutex_);
    watch_sleeps_ = true;
    while (!stopping_ && waiting_ == 0 && ended_.empty()) pressed_.wait(mutex_);
    watch_sleeps_ = false;
    if (stopping_) return;
    if (waiting_ == 0) continue;
    const std::uint64_t before = begun_;
    pressed_.wait_for(mutex_, options_.grow_after);
    if (stopping_ || begun_ != before || waiting_ == 0) continue;
    if (any_may_run() && threads_.size() < options_.most) {
      idle_ == 0 ? add_thread() : changed_.notify_all();
    } else {
      report_bounds();
      pressed_.wait_for(mutex_, kLookAgain);
    }
  }
}

void WorkerPool::report_bounds() {
  const auto now = Clock::now();
  const auto is_due = [&](Clock::time_point& reported) {
    if (reported != Clock::time_point{} && now - reported < kReportAgain) return false;
    reported = now;
    return true;
  };
  if (running_ >= options_.most && is_due(reported_full_)) {
    log_warn("workers", "full",
             {{"threads", threads_.size()},
              {"waiting", waiting_},
              {"advice", "raise workers_max, or let jobs wait without blocking"}});
  }
  for (const std::shared_ptr<Lane>& lane : lanes_) {
    if (lane->waiting_.empty() || lane->running_ < options_.per_lane || !is_due(lane->reported_)) {
      continue;
    }
    log_warn(lane->name_, "jobs_wait",
             {{"running", lane->running_},
              {"waiting", lane->waiting_.size()},
              {"advice", "raise workers_per_domain, or let jobs wait without blocking"}});
  }
}

std::size_t WorkerPool::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_;
}

std::size_t WorkerPool::running() const {
  const MutexLock lock(mutex_);
  return running_;
}

std::size_t WorkerPool::threads() const {
  const MutexLock lock(mutex_);
  return threads_.size();
}

}  // namespace composable::host
