#include "store/generation_swap.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "store/build_snapshot.hpp"
#include "store/carry_over.hpp"
#include "store/log_replay.hpp"
#include "store/reducer_context.hpp"

namespace composable::host {
namespace {

using namespace std::chrono_literals;

// How many rounds the successor evolves newly appended events before the domain waits for it: while
// the old generation serves, and after it was let in and lags. In a domain that is never idle, the
// last round reads the rest while the domain waits.
constexpr int kRounds = 8;
constexpr int kTurns = 8;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

std::string text_of(const CallError& error) {
  const std::string where = error.path.empty() ? "" : error.path + ": ";
  return where + (error.message.empty() ? "failed without a message" : error.message);
}

}  // namespace

struct GenerationSwap::Successor {
  std::shared_ptr<DomainHandle> domain;
  bool begun = false;         // its state has something of the log
  std::uint64_t reached = 0;  // durable: position of the last event in its state
  SwapReport report;
};

absl::StatusOr<SwapReport> GenerationSwap::replace(std::shared_ptr<DomainHandle> next) {
  const std::shared_ptr<const DomainHandle> serving = deps_.status.domain();
  if (absl::Status s = check_successor(*serving, *next); !s.ok()) return s;
  next->continue_from(*serving);
  Successor successor{.domain = std::move(next)};
  std::optional<BuildSnapshot> snapshot;
  if (serving->durable()) {
    if (absl::Status s = catch_up_with_serving(successor); !s.ok()) return s;
    snapshot = snapshot_if_due(*successor.domain, successor.reached, successor.report.events,
                               deps_.snapshot_events);
  }
  const auto until = std::chrono::steady_clock::now() + SerialSection::kPatience;
  for (int turn = 1; successor.report.replaced == nullptr; ++turn) {
    const bool halted = deps_.status.halted();
    absl::StatusOr<std::vector<StoredTimer>> timers = std::vector<StoredTimer>();
    // What came due while it halted has its row still.
    if (serving->durable() && halted) timers = deps_.log->load_timers(domain_);
    if (!timers.ok()) return timers.status();
    absl::Status status;
    const auto take_its_turn = [&] {
      assert_serial();
      if (serving->durable() &&
          (deps_.status.halted() != halted || (turn < kTurns && lags(successor)))) {
        return;
      }
      const std::int64_t began = deps_.clock.steady_micros();
      status = serving->durable() ? evolve_tail(successor) : carry_over(successor);
      if (status.ok()) {
        deps_.owner.take_place(successor.domain, successor.reached, halted ? &*timers : nullptr);
        successor.report.replaced = std::move(successor.domain);
      }
      successor.report.pause_us = deps_.clock.steady_micros() - began;
    };
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (!deps_.section.run_inside(take_its_turn, std::max(patience, 0ms))) {
      return deps_.status.not_let_in();
    }
    if (status.ok() && successor.report.replaced == nullptr) {
      status = catch_up_with_serving(successor);
    }
    if (!status.ok()) return status;
  }
  if (snapshot) save_snapshot(*deps_.log, *snapshot);
  return std::move(successor.report);
}

// Evolves the log while the old generation serves, until it has caught up, or nearly.
absl::Status GenerationSwap::catch_up_with_serving(Successor& successor) {
  for (int round = 0; round < kRounds; ++round) {
    const bool halted = deps_.status.halted();
    const std::uint64_t target = halted ? kAll : deps_.status.position();
    if (successor.begun && successor.reached == target) break;
    const auto evolved = evolve_until(successor, target);
    if (!evolved.ok()) return evolved.status();
    successor.report.events += *evolved;
    if (halted) break;  // the log does not grow meanwhile
  }
  return absl::OkStatus();
}

// How many events it was.
absl::StatusOr<std::uint64_t> GenerationSwap::evolve_until(Successor& successor,
                                                           std::uint64_t until) {
  DomainHandle& domain = *successor.domain;
  ReplayProgress progress;
  if (successor.begun) {
    auto replayed = replay_log(*deps_.log, domain, {.from = successor.reached + 1, .until = until},
                               [](const EventStore::EventView&, const ActionType&) {});
    if (!replayed.ok()) return replayed.status();
    progress = *std::move(replayed);
  } else {
    auto replayed = replay_from_snapshot(*deps_.log, domain, until);
    if (!replayed.ok()) return replayed.status();
    successor.begun = true;
    successor.report.snapshot = replayed->snapshot;
    progress = std::move(replayed->progress);
  }
  if (progress.failure) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the new generation does not take the event at position %u: %s; the one "
        "before stays, teach the new one that event",
        domain_, progress.failure->position, progress.failure->error.message));
  }
  successor.reached = std::max(successor.reached, progress.position);
  if (until != kAll) successor.reached = std::max(successor.reached, until);
  return progress.events;
}

// Whether the log has events that the successor has not evolved. Nothing is appended to a halted
// domain: its successor reads the whole log in its turn.
bool GenerationSwap::lags(const Successor& successor) const {
  return !deps_.status.halted() && successor.reached != deps_.serving.position;
}

// Evolves the events since then. The successor of a halted domain must evolve everything in the
// log.
absl::Status GenerationSwap::evolve_tail(Successor& successor) {
  const bool halted = deps_.status.halted();
  const std::uint64_t target = halted ? kAll : deps_.serving.position;
  if (successor.reached != target) {
    const auto evolved = evolve_until(successor, target);
    if (!evolved.ok()) return evolved.status();
    successor.report.tail = *evolved;
  }
  for (std::size_t n = 0; n < deps_.flight.size(); ++n) {
    if (absl::Status s = evolve_in_flight(successor, deps_.flight.at(n)); !s.ok()) return s;
  }
  return absl::OkStatus();
}

// What is decided and not yet stored is in the state as well.
absl::Status GenerationSwap::evolve_in_flight(Successor& successor, const FlightEntry& entry) {
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
            domain_, event.type, error.message));
      }
      ++successor.report.tail;
    }
  }
  return absl::OkStatus();
}

absl::Status GenerationSwap::export_inside(ExportedState& state) {
  CallError error;
  state.schema = deps_.serving.domain->state_schema();
  if (deps_.serving.domain->export_state(state.data, error) >= 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s: the serving generation %s cannot export its state, which is of schema %u: %s; it stays, "
      "restart the host to serve another",
      domain_, deps_.serving.domain->version(), state.schema, text_of(error)));
}

// The state of a domain that has halted is gone already.
absl::Status GenerationSwap::carry_over(Successor& successor) {
  DomainHandle& next = *successor.domain;
  SwapReport& report = successor.report;
  report.state =
      deps_.status.halted() ? StateCarried::kReset : state_transfer(*deps_.serving.domain, next);
  if (report.state == StateCarried::kReset) return absl::OkStatus();
  const std::int64_t began = deps_.clock.steady_micros();
  ExportedState state;
  if (absl::Status s = export_inside(state); !s.ok()) return s;
  const std::int64_t exported = deps_.clock.steady_micros();
  CallError error;
  if (next.import_state(state.schema, state.data, error) < 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the new generation %s, whose schema is %u, does not take the state of schema %u that "
        "%s has exported: %s; the one before stays, teach the new one that schema",
        domain_, next.version(), next.state_schema(), state.schema, deps_.serving.domain->version(),
        text_of(error)));
  }
  report.bytes = state.data.size();
  report.export_us = exported - began;
  report.import_us = deps_.clock.steady_micros() - exported;
  return absl::OkStatus();
}

absl::StatusOr<ExportedState> GenerationSwap::export_state() {
  ExportedState state;
  absl::Status status;
  const bool entered = deps_.section.run_inside([&] {
    assert_serial();
    if (!deps_.serving.domain->can_export()) {
      status = absl::FailedPreconditionError(absl::StrFormat(
          "%s: the serving generation %s cannot export its state; give it composable.reload/1",
          domain_, deps_.serving.domain->version()));
    } else if (deps_.status.halted()) {
      status = absl::FailedPreconditionError(absl::StrFormat(
          "%s: the domain is halted and has no state worth exporting; reload it", domain_));
    } else {
      status = export_inside(state);
    }
  });
  if (!entered) return deps_.status.not_let_in();
  if (!status.ok()) return status;
  return state;
}

}  // namespace composable::host
