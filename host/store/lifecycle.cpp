// How a store begins, halts and ends.
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "store/log_replay.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// --- replay -----------------------------------------------------------------------------------------

absl::StatusOr<ReplayReport> Store::Core::replay() {
  mailbox_.assert_inside();
  const std::int64_t began = env_.clock->steady_micros();
  ReplayReport report;
  if (domain_.durable()) {
    if (absl::Status s = replay_from(1, false, report); !s.ok()) return s;
    if (absl::Status s = arm_stored_timers(); !s.ok()) return s;
  }
  report.position = position_;
  report.micros = env_.clock->steady_micros() - began;
  shown_position_.store(position_, std::memory_order_relaxed);
  serving_.store(true, std::memory_order_release);
  // Opens the mailbox. Delays that came due while the host was down fire now.
  hand_over();
  return report;
}

// `live`: the domain serves, so what is found is told as what just happened.
absl::Status Store::Core::replay_from(std::uint64_t position, bool live, ReplayReport& report) {
  const ReplayRange range{.from = position, .flags = live ? 0 : COMPOSABLE_CONTEXT_REPLAYING};
  Cause unknown;  // of what others appended
  const absl::StatusOr<ReplayProgress> progress = replay_log(
      *env_.events, domain_, range,
      [&](const EventStore::EventView& event, const ActionType& type) {
        mailbox_.assert_inside();
        position_ = event.position;
        if (!live) return;
        unknown.meta.correlation = event.correlation;
        unknown.meta.actor = event.actor;
        tell({{type.number, COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
              event.stream, event.position},
             unknown);
      });
  if (!progress.ok()) return progress.status();
  report.events = progress->events;
  if (progress->failure) halt(progress->failure->position, progress->failure->error);
  return absl::OkStatus();  // a halted domain is reported by health
}

absl::Status Store::Core::arm_stored_timers() {
  absl::StatusOr<std::vector<StoredTimer>> timers = env_.events->load_timers(domain_.name());
  if (!timers.ok()) return timers.status();
  for (StoredTimer& timer : *timers) {
    const ActionType* type = domain_.find_action(timer.action_type);
    if (type == nullptr) {
      log_error(domain_.name(), "timer_unknown_action",
                {{"key", timer.key}, {"action", timer.action_type}});
      continue;
    }
    Delay delay;
    delay.key = std::move(timer.key);
    delay.due_us = timer.due_us;
    delay.type = type->number;
    delay.data = std::move(timer.data);
    delay.meta = std::move(timer.meta);
    delay.stored = true;
    delays_.add(std::move(delay));
  }
  n_delays_.store(delays_.size(), std::memory_order_relaxed);
  return absl::OkStatus();
}

// After a conflict, or an append whose outcome nobody could tell: what the log holds beyond the state
// is evolved before anything else is decided. False: the log cannot be read, or evolving it halted
// the domain.
bool Store::Core::catch_up() {
  if (!behind_) return true;
  // A log that cannot be written may show what a failed sync has not kept.
  absl::Status status = env_.events->health();
  ReplayReport report;
  if (status.ok()) status = replay_from(position_ + 1, true, report);
  shown_position_.store(position_, std::memory_order_relaxed);
  if (!status.ok()) {
    log_error(domain_.name(), "catch_up_failed", {{"reason", std::string(status.message())}});
    return false;
  }
  behind_ = false;
  publish();
  return !halted_.load(std::memory_order_relaxed);
}

// --- halt -------------------------------------------------------------------------------------------

// An evolve failed: nothing is decided or evolved any more until a reload. The state, which the
// failing evolve may have left half moved, is rebuilt up to that position.
void Store::Core::halt(std::uint64_t position, const CallError& error) {
  halted_.store(true, std::memory_order_release);
  const std::string reason =
      position == 0 ? "evolve failed: " + error.message
                    : absl::StrFormat("evolve failed at position %u: %s", position, error.message);
  {
    MutexLock lock(status_mutex_);
    halt_reason_ = reason;
  }
  log_error(domain_.name(), "halted", {{"position", position}, {"reason", error.message}});
  const Refusal refusal = halted();
  for (const auto& cause : cause_memory_) {
    if (cause->id != 0) refuse_wait(*cause, refusal);
  }
  for (ParkedCommand& parked : parking_.clear()) release_later_.push_back(parked.scope);
  ready_.clear();
  for (Feedback& action : feedback_) release_later_.push_back(action.scope);
  feedback_.clear();
  std::vector<std::shared_ptr<JobRun>> running;
  for (const auto& [id, run] : jobs_) running.push_back(run);
  for (const auto& run : running) cancel_job(*run);
  needs_rebuild_ = true;
}

// The old state must not go while a job reads its configuration.
void Store::Core::rebuild_when_idle() {
  if (!needs_rebuild_ || !jobs_.empty()) return;
  needs_rebuild_ = false;
  const std::uint64_t until = position_;
  if (const absl::Status s = domain_.recreate(); !s.ok()) {
    log_error(domain_.name(), "rebuild_failed", {{"reason", std::string(s.message())}});
    return;
  }
  if (!domain_.durable()) return;
  const auto progress = replay_log(*env_.events, domain_, {.until = until},
                                   [](const EventStore::EventView&, const ActionType&) {});
  const absl::Status status = !progress.ok() ? progress.status()
                              : progress->failure
                                  ? absl::InternalError(progress->failure->error.message)
                                  : absl::OkStatus();
  if (!status.ok()) {
    log_error(domain_.name(), "rebuild_failed", {{"reason", std::string(status.message())}});
  }
}

// --- shutdown and status ----------------------------------------------------------------------------

void Store::Core::note_idle() {
  if (!shutting_down_.load(std::memory_order_relaxed)) return;
  if (n_causes_.load(std::memory_order_relaxed) != 0 || mailbox_.size() > 1) return;
  MutexLock lock(status_mutex_);
  idle_ = true;
  idle_changed_.notify_all();
}

std::size_t Store::Core::shutdown(std::int64_t timeout_micros) {
  shutting_down_.store(true, std::memory_order_release);
  queue_internal([] {});  // wakes note_idle
  {
    MutexLock lock(status_mutex_);
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::microseconds(timeout_micros);
    while (!idle_ && idle_changed_.wait_until(status_mutex_, until) == std::cv_status::no_timeout) {
    }
  }
  const std::size_t left = n_causes_.load(std::memory_order_acquire);
  if (left != 0) {
    queue_internal([this] {
      mailbox_.assert_inside();
      const Refusal refusal{503, "SERVICE_UNAVAILABLE", "The host is shutting down", "", 1};
      for (const auto& cause : cause_memory_) {
        if (cause->id != 0) refuse_wait(*cause, refusal);
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
  health.position = shown_position_.load(std::memory_order_relaxed);
  health.mailbox = mailbox_.size();
  health.parked = n_parked_.load(std::memory_order_relaxed);
  health.delays = n_delays_.load(std::memory_order_relaxed);
  health.causes = n_causes_.load(std::memory_order_relaxed);
  health.jobs = n_jobs_.load(std::memory_order_relaxed);
  return health;
}

StoreMetrics Store::Core::metrics() const {
  return {dispatched_.load(std::memory_order_relaxed), effects_.load(std::memory_order_relaxed),
          effect_failures_.load(std::memory_order_relaxed),
          overloaded_.load(std::memory_order_relaxed)};
}

}  // namespace composable::host
