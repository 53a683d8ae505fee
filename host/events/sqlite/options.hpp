// SqliteStoreOptions are the settings of a SQLite event store. The defaults are those that
// measured best.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "events/append_queue.hpp"
#include "events/checkpoints.hpp"
#include "events/dead_letters.hpp"
#include "events/open_progress.hpp"
#include "events/sqlite/schema.hpp"

namespace composable::host {

struct SqliteStoreOptions {
  std::string vfs;  // a registered SQLite VFS; empty: the platform's
  Synchronous synchronous = Synchronous::kFull;
  std::size_t queue_requests = 65536;  // waiting; beyond it kOverloaded
  std::size_t queue_bytes = 64 << 20;
  BatchLimits batch;
  std::size_t cached_streams = 65536;  // versions that the writer remembers
  std::size_t readers = 2;
  std::size_t checkpoints = kMaxCheckpoints;
  std::size_t dead_letters = kMaxDeadLetters;
  int idle_checkpoint_pages = 1000;    // of the WAL, when nothing waits
  int forced_checkpoint_pages = 4000;  // of the WAL, whatever waits
  // How long an append whose commit failed may wait for its outcome; then kUnknown.
  std::int64_t resolve_us = 10'000'000;
  OpenProgress progress;  // of the check at the opening; may be empty
};

}  // namespace composable::host
