// replay_log evolves stored events into a state: at start, when the log is ahead of the state,
// after a halt, and for the next generation of a domain.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "domain/domain_handle.hpp"
#include "events/event_store.hpp"
#include "store/stream_table.hpp"

namespace composable::host {

struct ReplayRange {
  std::uint64_t from = 1;                                           // first position
  std::uint64_t until = std::numeric_limits<std::uint64_t>::max();  // last position
  std::uint32_t flags = COMPOSABLE_CONTEXT_REPLAYING;
};

struct ReplayProgress {
  std::uint64_t position = 0;  // of the last event evolved; 0: none
  std::uint64_t events = 0;
  // Why the domain did not take the event after it. The log itself could be read.
  struct Failure {
    std::uint64_t position = 0;
    CallError error;
  };
  std::optional<Failure> failure;
};

// Evolves the domain's events of `range` in order and calls `evolved` after each. Blocks for as
// long as it reads. Nothing else may use the domain's state meanwhile. An error when the log cannot
// be read; a failing evolve is in the progress.
absl::StatusOr<ReplayProgress> replay_log(
    EventStore& log, DomainHandle& domain, const ReplayRange& range,
    absl::FunctionRef<void(const EventStore::EventView&, const ActionType&)> evolved);

// The version of every stream of the domain, removed events included, at the position that its
// state has reached; the log may be ahead of it. Removed events are not replayed, so that position
// is where the log ended before the replay began, or the last event that was replayed. Blocks.
absl::StatusOr<StreamTable> load_streams(EventStore& log, const std::string& domain,
                                         std::uint64_t reached);

}  // namespace composable::host
