// An AppendQueue holds appends on their way to the writer: bounded, many threads put, one takes.
// Appends that wait at the same moment leave together and become one commit.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "events/event_store.hpp"
#include "events/log_write.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

// The bounds of what waits for the writer; beyond them appends are refused as kOverloaded.
// `memory:` answers at once and has no queue.
struct AppendQueueLimits {
  std::size_t requests = 65536;
  std::size_t bytes = 64 << 20;
};

struct QueuedAppend {
  std::unique_ptr<AppendRequest> request;
  AppendListener* listener = nullptr;
  std::size_t bytes = 0;
  std::size_t events = 0;
  LogWrite* write = nullptr;  // instead of a request; its owner waits for it
};

struct BatchLimits {
  std::size_t requests = 512;
  std::size_t bytes = 1 << 20;
  std::size_t events = 4096;
};

class AppendQueue {
 public:
  enum class Put : std::uint8_t { kTaken, kFull, kClosed };

  AppendQueue(std::size_t max_requests, std::size_t max_bytes)
      : max_requests_(max_requests), max_bytes_(max_bytes) {}

  // [any] Moves from `item` only when it takes it. A request of a flight is never kFull.
  Put put(QueuedAppend& item);

  // [writer] Replaces `batch` by what waits, up to the limits but at least one request; a LogWrite
  // comes alone. Waits up to `patience` for the first, and returns an empty batch after that.
  // False: closed, nothing left.
  bool take(std::vector<QueuedAppend>& batch, const BatchLimits& limits, absl::Duration patience);

  void close();                  // [any] refuses further appends
  bool empty() const;            // [any]
  std::size_t requests() const;  // [any]
  std::size_t bytes() const;     // [any]

 private:
  const std::size_t max_requests_;
  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  std::condition_variable_any ready_;  // something waits, or closed
  std::deque<QueuedAppend> items_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// Gives answered requests back, in their order, with one call for each listener.
void hand_back(std::vector<QueuedAppend>& batch);

}  // namespace composable::host
