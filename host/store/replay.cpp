// The state is brought forward from the log: at start, when the log holds more, after a halt.
#include <utility>

#include "observe/log.hpp"
#include "store/log_replay.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

absl::StatusOr<ReplayReport> Store::Core::replay() {
  mailbox_.assert_inside();
  const std::int64_t began = env_.clock->steady_micros();
  ReplayReport report;
  if (domain_->durable()) {
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
      *env_.events, *domain_, range,
      [&](const EventStore::EventView& event, const ActionType& type) {
        mailbox_.assert_inside();
        position_ = event.position;
        if (!live) return;
        unknown.meta.correlation = event.correlation;
        unknown.meta.actor = event.actor;
        broadcast({{type.number, COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
                   event.stream,
                   event.position},
                  unknown);
      });
  if (!progress.ok()) return progress.status();
  report.events = progress->events;
  if (progress->failure) halt(progress->failure->position, progress->failure->error);
  return absl::OkStatus();  // a halted domain is reported by health
}

absl::Status Store::Core::arm_stored_timers() {
  absl::StatusOr<std::vector<StoredTimer>> timers = env_.events->load_timers(name_);
  if (!timers.ok()) return timers.status();
  for (StoredTimer& timer : *timers) {
    const ActionType* type = domain_->find_action(timer.action_type);
    if (type == nullptr) {
      log_error(name_, "timer_unknown_action", {{"key", timer.key}, {"action", timer.action_type}});
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

// After a conflict, or an append whose outcome nobody could tell: what the log holds beyond the
// state is evolved before anything else is decided. False: the log cannot be read, or evolving it
// halted the domain.
bool Store::Core::catch_up() {
  if (!behind_) return true;
  // A log that cannot be written may show what a failed sync has not kept.
  absl::Status status = env_.events->health();
  ReplayReport report;
  if (status.ok()) status = replay_from(position_ + 1, true, report);
  shown_position_.store(position_, std::memory_order_relaxed);
  if (!status.ok()) {
    log_error(name_, "catch_up_failed", {{"reason", std::string(status.message())}});
    return false;
  }
  behind_ = false;
  flush_broadcasts();
  return !halted_.load(std::memory_order_relaxed);
}

// The old state must not go while a job reads its configuration.
void Store::Core::rebuild_when_idle() {
  if (!needs_rebuild_ || !jobs_.empty()) return;
  needs_rebuild_ = false;
  const std::uint64_t until = position_;
  if (const absl::Status s = domain_->recreate(); !s.ok()) {
    log_error(name_, "rebuild_failed", {{"reason", std::string(s.message())}});
    return;
  }
  if (!domain_->durable()) return;
  const auto progress = replay_log(*env_.events, *domain_, {.until = until},
                                   [](const EventStore::EventView&, const ActionType&) {});
  const absl::Status status = !progress.ok() ? progress.status()
                              : progress->failure
                                  ? absl::InternalError(progress->failure->error.message)
                                  : absl::OkStatus();
  if (!status.ok()) {
    log_error(name_, "rebuild_failed", {{"reason", std::string(status.message())}});
  }
}

}  // namespace composable::host
