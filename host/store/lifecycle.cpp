// How a store halts, ends, and says how it is.
#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// Stored events cannot be evolved, or an ephemeral domain's could not: nothing is decided or
// evolved any more until a reload.
void Store::Core::halt(std::uint64_t position, const CallError& error) {
  halted_.store(true, std::memory_order_release);
  const std::string reason =
      position == 0 ? "evolve failed: " + error.message
                    : absl::StrFormat("evolve failed at position %u: %s", position, error.message);
  {
    MutexLock lock(status_mutex_);
    halt_reason_ = reason;
  }
  log_error(name_, "halted", {{"position", position}, {"reason", error.message}});
  const Refusal refusal = halted();
  for (const auto& cause : cause_memory_) {
    if (cause->id != 0 && cause->waiter != nullptr) end_now(*cause, refusal);
  }
  for (Feedback& action : feedback_) release_later_.push_back(action.scope);
  feedback_.clear();
  n_feedback_.store(0, std::memory_order_relaxed);
  std::vector<std::shared_ptr<JobRun>> running;
  for (const auto& [id, run] : jobs_) running.push_back(run);
  for (const auto& run : running) cancel_job(*run);
  needs_recreate_ = !domain_->durable();
}

// At start, before anything is taken: the log says that events of this domain are damaged.
void Store::Core::halt_on_damage(const absl::Status& status) {
  const std::string reason(status.message());
  halted_.store(true, std::memory_order_release);
  {
    MutexLock lock(status_mutex_);
    halt_reason_ = reason;
    damage_ = reason.substr(std::min(reason.size(), reason.find(": ") + 2));  // after the file
  }
  log_error(name_, "halted", {{"reason", reason}});
}

void Store::Core::note_idle() {
  if (!shutting_down_.load(std::memory_order_relaxed)) return;
  if (n_causes_.load(std::memory_order_relaxed) != 0 || mailbox_.size() > 1 || !flight_.empty()) {
    return;
  }
  MutexLock lock(status_mutex_);
  idle_ = true;
  idle_changed_.notify_all();
}

std::size_t Store::Core::shutdown(std::int64_t timeout_us, std::string why) {
  if (!shutting_down_.load(std::memory_order_acquire)) why_closed_ = std::move(why);
  shutting_down_.store(true, std::memory_order_release);
  post_urgent([] {});  // wakes note_idle
  {
    MutexLock lock(status_mutex_);
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(timeout_us);
    while (!idle_ && idle_changed_.wait_until(status_mutex_, until) == std::cv_status::no_timeout) {
    }
  }
  const std::size_t left = n_causes_.load(std::memory_order_acquire);
  if (left != 0) {
    post_urgent([this] {
      mailbox_.assert_inside();
      const Refusal refusal = unavailable(why_closed_);
      for (const auto& cause : cause_memory_) {
        if (cause->id != 0 && cause->waiter != nullptr) end_now(*cause, refusal);
      }
      std::vector<std::shared_ptr<JobRun>> running;
      for (const auto& [id, run] : jobs_) running.push_back(run);
      for (const auto& run : running) cancel_job(*run);
    });
  }
  ring_->close();
  return left;
}

StoreHealth Store::Core::health() const {
  StoreHealth health;
  health.halted = halted_.load(std::memory_order_acquire);
  health.serving = serving_.load(std::memory_order_acquire) && !health.halted;
  {
    MutexLock lock(status_mutex_);
    health.reason = halt_reason_;
  }
  health.recovering = recovering_.load(std::memory_order_acquire) && !health.halted;
  health.position = shown_position_.load(std::memory_order_relaxed);
  health.mailbox = mailbox_.size();
  health.flight = n_flight_.load(std::memory_order_relaxed);
  health.delays = n_delays_.load(std::memory_order_relaxed);
  health.causes = n_causes_.load(std::memory_order_relaxed);
  health.jobs = n_jobs_.load(std::memory_order_relaxed);
  return health;
}

StoreMetrics Store::Core::metrics() const {
  return {decided_.load(std::memory_order_relaxed), effects_.load(std::memory_order_relaxed),
          effect_failures_.load(std::memory_order_relaxed),
          overloaded_.load(std::memory_order_relaxed)};
}

}  // namespace composable::host
