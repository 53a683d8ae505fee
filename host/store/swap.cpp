// The next generation takes the place of the one that serves.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "store/carry_over.hpp"
#include "store/log_replay.hpp"
#include "store/pipeline.hpp"
#include "store/reducer_context.hpp"

namespace composable::host {
namespace {

// How often the newcomer goes on for what was appended meanwhile before the domain waits for it.
constexpr int kRounds = 8;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

}  // namespace

absl::StatusOr<SwapReport> Store::Core::replace(std::shared_ptr<DomainHandle> next) {
  const std::shared_ptr<const DomainHandle> serving = domain();
  if (absl::Status s = check_successor(*serving, *next); !s.ok()) return s;
  next->continue_from(*serving);
  Successor successor{.domain = std::move(next)};
  std::optional<OwnSnapshot> snapshot;
  if (serving->durable()) {
    if (absl::Status s = catch_up_with_serving(successor); !s.ok()) return s;
    snapshot = snapshot_if_due(*successor.domain, successor.report.events, successor.reached);
  }
  absl::Status status;
  run_inside([&] {
    mailbox_.assert_inside();
    const std::int64_t began = env_.clock->steady_micros();
    status = domain_->durable() ? evolve_tail(successor) : carry_over(successor);
    if (status.ok()) take_place(successor);
    successor.report.pause_us = env_.clock->steady_micros() - began;
  });
  if (!status.ok()) return status;
  if (snapshot) save_snapshot(*env_.events, *snapshot);
  return std::move(successor.report);
}

// Evolves beside the generation that serves until it is where that one is, or nearly.
absl::Status Store::Core::catch_up_with_serving(Successor& successor) {
  for (int round = 0; round < kRounds; ++round) {
    const bool halted = halted_.load(std::memory_order_acquire);
    const std::uint64_t target = halted ? kAll : shown_position_.load(std::memory_order_relaxed);
    if (successor.begun && successor.reached == target) break;
    const auto evolved = evolve_successor(successor, target);
    if (!evolved.ok()) return evolved.status();
    successor.report.events += *evolved;
    if (halted) break;  // the log does not grow meanwhile
  }
  return absl::OkStatus();
}

// How many events it was.
absl::StatusOr<std::uint64_t> Store::Core::evolve_successor(Successor& successor,
                                                            std::uint64_t until) {
  DomainHandle& domain = *successor.domain;
  ReplayProgress progress;
  if (successor.begun) {
    auto replayed =
        replay_log(*env_.events, domain, {.from = successor.reached + 1, .until = until},
                   [](const EventStore::EventView&, const ActionType&) {});
    if (!replayed.ok()) return replayed.status();
    progress = *std::move(replayed);
  } else {
    auto replayed = replay_from_snapshot(*env_.events, domain, until);
    if (!replayed.ok()) return replayed.status();
    successor.begun = true;
    successor.report.snapshot = replayed->snapshot;
    progress = std::move(replayed->progress);
  }
  if (progress.failure) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the new generation does not take the event at position %u: %s; the one "
        "before stays, teach the new one that event",
        name_, progress.failure->position, progress.failure->error.message));
  }
  successor.reached = std::max(successor.reached, progress.position);
  if (until != kAll) successor.reached = std::max(successor.reached, until);
  return progress.events;
}

// What came in since. A halted domain's newcomer has to take all that the log holds.
absl::Status Store::Core::evolve_tail(Successor& successor) {
  const bool halted = halted_.load(std::memory_order_relaxed);
  const std::uint64_t target = halted ? kAll : position_;
  if (successor.reached != target) {
    const auto evolved = evolve_successor(successor, target);
    if (!evolved.ok()) return evolved.status();
    successor.report.tail = *evolved;
  }
  for (std::size_t n = 0; n < flight_.size(); ++n) {
    if (absl::Status s = evolve_flown(successor, flight_.at(n)); !s.ok()) return s;
  }
  return absl::OkStatus();
}

// What is decided and not yet stored is in the state as well.
absl::Status Store::Core::evolve_flown(Successor& successor, const FlightEntry& entry) {
  if (entry.request == nullptr) return absl::OkStatus();
  const FlightRequest& request = *entry.request;
  ReducerContext context(request.recorded_at_us, request.meta.actor, request.meta.correlation);
  context.abi().flags = COMPOSABLE_CONTEXT_REPLAYING;
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    const StreamAppend& stream = request.streams[s];
    std::uint64_t version = stream.exact_version;
    for (std::size_t e = 0; e < stream.events.size(); ++e) {
      const NewEvent& event = stream.events[e];
      context.at(stream.stream, ++version);
      CallError error;
      if (successor.domain->evolve(
              {request.types[s][e], COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
              context.abi(), error) < 0) {
        return absl::FailedPreconditionError(absl::StrFormat(
            "%s: the new generation does not take an event of the type %s that is being stored: "
            "%s; the one before stays, teach the new one that event",
            name_, event.type, error.message));
      }
      ++successor.report.tail;
    }
  }
  return absl::OkStatus();
}

void Store::Core::take_place(Successor& successor) {
  // What has been told so far names things by the strings of the one before; the caller sees to it
  // that every loop has taken that before the strings go.
  flush_broadcasts();
  domain_.swap(successor.domain);
  position_ = std::max(position_, successor.reached);
  shown_position_.store(position_, std::memory_order_relaxed);
  resolve_types();
  watch_deliveries();
  needs_recreate_ = false;
  refused_types_.clear();
  {
    MutexLock lock(status_mutex_);
    shown_domain_ = domain_;
    halt_reason_.clear();
    damage_.clear();
  }
  halted_.store(false, std::memory_order_release);
  listen_to_topics();  // what only the one before heard is dropped when it comes
  successor.report.replaced = std::move(successor.domain);
}

}  // namespace composable::host
