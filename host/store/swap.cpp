// The next generation takes the place of the one that serves.
#include <algorithm>
#include <future>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "store/log_replay.hpp"
#include "store/pipeline.hpp"

namespace composable::host {
namespace {

// How often the newcomer goes on for what was appended meanwhile before the domain waits for it.
constexpr int kRounds = 8;

}  // namespace

// The generation that is to serve, and how far it has come.
struct Store::Core::Successor {
  std::shared_ptr<DomainHandle> domain;
  std::uint64_t reached = 0;  // position of the last event in its state
  std::uint64_t target = 0;   // position of the last event in the state that serves
  SwapReport report;
  absl::Status failure;
};

absl::StatusOr<SwapReport> Store::Core::replace(std::shared_ptr<DomainHandle> next) {
  const std::shared_ptr<const DomainHandle> serving = domain();
  if (!serving->durable() || !next->durable()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: the %s generation is ephemeral, and its state is in no log to take it "
                        "from; restart the host with the new one",
                        name_, serving->durable() ? "new" : "serving"));
  }
  next->continue_from(*serving);
  Successor successor{.domain = std::move(next)};
  for (int round = 1;; ++round) {
    bool swapped = false;
    run_inside([&] {
      mailbox_.assert_inside();
      swapped = try_swap(successor, round == kRounds);
    });
    if (!successor.failure.ok()) return successor.failure;
    if (swapped) return std::move(successor.report);
    const auto evolved = evolve_successor(successor, successor.target);
    if (!evolved.ok()) return evolved.status();
    successor.report.events += *evolved;
  }
}

// Does `work` in the serial section, on this thread when the domain is free.
void Store::Core::run_inside(absl::FunctionRef<void()> work) {
  if (mailbox_.try_enter()) {
    work();
    return drain();
  }
  std::promise<void> done;
  post([&work, &done] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

// How many events it was.
absl::StatusOr<std::uint64_t> Store::Core::evolve_successor(Successor& successor,
                                                            std::uint64_t until) {
  const auto progress =
      replay_log(*env_.events, *successor.domain, {.from = successor.reached + 1, .until = until},
                 [](const EventStore::EventView&, const ActionType&) {});
  if (!progress.ok()) return progress.status();
  if (progress->failure) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the new generation does not take the event at position %u: %s; the one "
        "before stays, teach the new one that event",
        name_, progress->failure->position, progress->failure->error.message));
  }
  successor.reached = std::max(successor.reached, progress->position);
  if (until != std::numeric_limits<std::uint64_t>::max()) {
    successor.reached = std::max(successor.reached, until);
  }
  return progress->events;
}

// Swaps when the newcomer has come as far as the state that serves, or, with `finish`, brings it
// there first. A halted domain's newcomer has to take all that the log holds.
bool Store::Core::try_swap(Successor& successor, bool finish) {
  const bool halted = halted_.load(std::memory_order_relaxed);
  const std::int64_t began = env_.clock->steady_micros();
  successor.target = halted ? std::numeric_limits<std::uint64_t>::max() : position_;
  if (successor.reached != successor.target) {
    const bool resumes = halted && successor.reached != 0;
    if (!finish && !resumes) return false;
    const auto evolved = evolve_successor(successor, successor.target);
    successor.failure = evolved.status();
    if (!evolved.ok()) return false;
    successor.report.tail = *evolved;
  }
  // What has been told so far names things by the strings of the one before; the caller sees to it
  // that every loop has taken that before the strings go.
  flush_broadcasts();
  domain_.swap(successor.domain);
  position_ = std::max(position_, successor.reached);
  shown_position_.store(position_, std::memory_order_relaxed);
  resolve_types();
  watch_deliveries();
  needs_rebuild_ = false;
  {
    MutexLock lock(status_mutex_);
    shown_domain_ = domain_;
    halt_reason_.clear();
  }
  halted_.store(false, std::memory_order_release);
  listen_to_topics();  // what only the one before heard is dropped when it comes
  successor.report.replaced = std::move(successor.domain);
  successor.report.pause_us = env_.clock->steady_micros() - began;
  return true;
}

}  // namespace composable::host
