// The state is brought forward from the log at start.
#include <algorithm>
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
  const std::uint64_t head = env_.events->stats().head;
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
  absl::StatusOr<StreamTable> streams = load_streams(std::max(head, position_));
  if (!streams.ok()) return streams.status();
  streams_ = *std::move(streams);
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
  arm_timers(*timers);
  return absl::OkStatus();
}

void Store::Core::arm_timers(std::vector<StoredTimer>& timers) {
  for (StoredTimer& timer : timers) {
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
}

// What an ephemeral domain's failed evolve has left half moved is lost; the state begins anew. The
// old one must not go while a job reads its configuration.
void Store::Core::recreate_when_idle() {
  if (!needs_recreate_ || !jobs_.empty()) return;
  needs_recreate_ = false;
  if (const absl::Status s = domain_->recreate(); !s.ok()) {
    log_error(name_, "recreate_failed", {{"reason", std::string(s.message())}});
  }
}

// Where every stream of the domain is, removed events included, as of the position that the state
// has reached: the log may be ahead of it. That is where the log ended before the replay began, for
// removed events are not replayed, or the last event that was.
absl::StatusOr<StreamTable> Store::Core::load_streams(std::uint64_t reached) const {
  StreamTable streams;
  const auto visit = [&streams](const StreamInfo& stream) {
    streams.set_version(streams.key_of(stream.stream), stream.version);
    if (stream.deleted) streams.mark_deleted(stream.stream);
  };
  if (absl::Status s = env_.events->visit_streams(name_, reached, visit); !s.ok()) return s;
  return streams;
}

}  // namespace composable::host
