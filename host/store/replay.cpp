// The state is brought forward from the log: at start, when the log holds more, after a halt.
#include <optional>
#include <utility>

#include "observe/log.hpp"
#include "store/log_replay.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

absl::StatusOr<ReplayReport> Store::Core::replay() {
  mailbox_.assert_inside();
  ReplayReport report;
  absl::StatusOr<std::optional<OwnSnapshot>> snapshot = std::nullopt;
  if (domain_->durable()) snapshot = rebuild(report);
  if (!snapshot.ok()) return snapshot.status();
  shown_position_.store(position_, std::memory_order_relaxed);
  serving_.store(true, std::memory_order_release);
  // Opens the mailbox. Delays that came due while the host was down fire now.
  hand_over();
  if (*snapshot) save_snapshot(*env_.events, **snapshot);
  return report;
}

// The state and the delays as the log has them; a snapshot when one is due. A domain that halts on
// an event, or whose events are damaged, is reported by health; the others serve.
absl::StatusOr<std::optional<OwnSnapshot>> Store::Core::rebuild(ReplayReport& report) {
  const std::int64_t began = env_.clock->steady_micros();
  absl::StatusOr<ReplayFromSnapshot> replayed = replay_from_snapshot(*env_.events, *domain_);
  if (absl::IsDataLoss(replayed.status())) {
    if (absl::Status s = arm_stored_timers(); !s.ok()) return s;
    halt_on_damage(replayed.status());
    return std::nullopt;
  }
  if (!replayed.ok()) return replayed.status();
  const ReplayProgress& progress = replayed->progress;
  position_ = progress.position;
  report = {.snapshot = replayed->snapshot,
            .events = progress.events,
            .position = position_,
            .micros = env_.clock->steady_micros() - began};
  if (absl::Status s = arm_stored_timers(); !s.ok()) return s;
  if (!progress.failure) return snapshot_if_due(*domain_, progress.events, position_);
  halt(progress.failure->position, progress.failure->error);
  return std::nullopt;
}

std::optional<OwnSnapshot> Store::Core::snapshot_if_due(const DomainHandle& domain,
                                                        std::uint64_t events,
                                                        std::uint64_t position) const {
  if (events < options_.snapshot_events || !leaves_snapshots(domain)) return std::nullopt;
  return take_snapshot(domain, position);
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
// state is evolved before anything else is decided, and told as what just happened. False: the log
// cannot be read, or evolving it halted the domain.
bool Store::Core::catch_up() {
  if (!behind_) return true;
  // A log that cannot be written may show what a failed sync has not kept.
  absl::Status status = env_.events->health();
  if (status.ok()) status = evolve_what_others_appended();
  shown_position_.store(position_, std::memory_order_relaxed);
  if (!status.ok()) {
    log_error(name_, "catch_up_failed", {{"reason", std::string(status.message())}});
    return false;
  }
  behind_ = false;
  flush_broadcasts();
  return !halted_.load(std::memory_order_relaxed);
}

absl::Status Store::Core::evolve_what_others_appended() {
  Cause unknown;
  const absl::StatusOr<ReplayProgress> progress = replay_log(
      *env_.events, *domain_, {.from = position_ + 1, .flags = 0},
      [&](const EventStore::EventView& event, const ActionType& type) {
        mailbox_.assert_inside();
        position_ = event.position;
        unknown.meta.correlation = event.correlation;
        unknown.meta.actor = event.actor;
        broadcast({{type.number, COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
                   event.stream,
                   event.position},
                  unknown);
      });
  if (!progress.ok()) return progress.status();
  if (progress->failure) halt(progress->failure->position, progress->failure->error);
  return absl::OkStatus();
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
