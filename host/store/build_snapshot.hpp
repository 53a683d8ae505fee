// A BuildSnapshot holds the state of a durable domain at a position, so that a start replays only
// the events after it. Only the build that wrote a snapshot reads it; another build makes its
// state from the log. Snapshots are a cache: a bad one costs a line in the log and a full replay.
// All functions block; not for loop threads. Nothing else may use the domain's state meanwhile.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "store/log_replay.hpp"

namespace composable::host {

// Whether `domain` leaves snapshots: it can export its state, and its build is known.
bool leaves_snapshots(const DomainHandle& domain);

struct ReplayFromSnapshot {
  std::uint64_t snapshot = 0;  // the position it began after; 0: at the beginning of the log
  ReplayProgress progress;     // its position is at least `snapshot`
};

// Brings the empty state of `domain` to `until`, from its newest snapshot where there is one that
// does not lie beyond. An error when the log cannot be read or the state not be made; an event that
// is not taken is in the progress.
absl::StatusOr<ReplayFromSnapshot> replay_from_snapshot(
    EventStore& log, DomainHandle& domain,
    std::uint64_t until = std::numeric_limits<std::uint64_t>::max());

// A state at a position, to be saved when nobody waits for it any more.
struct BuildSnapshot {
  std::string domain, key;
  std::uint64_t position = 0;
  std::string data;
};
// Nothing when the domain does not export it, which is logged.
std::optional<BuildSnapshot> take_snapshot(const DomainHandle& domain, std::uint64_t position);
// The same, when `events` replayed are at least `least` and the domain leaves snapshots.
std::optional<BuildSnapshot> snapshot_if_due(const DomainHandle& domain, std::uint64_t position,
                                             std::uint64_t events, std::uint64_t least);
void save_snapshot(EventStore& log, const BuildSnapshot& snapshot);

}  // namespace composable::host
