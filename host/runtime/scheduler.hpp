// A Scheduler runs deferred work: on a loop thread in production, from a priority queue in a
// simulation.
#pragma once
#include <cstdint>

#include "absl/functional/any_invocable.h"

namespace composable::host {

using Task = absl::AnyInvocable<void()>;

class Scheduler {
 public:
  using TimerId = std::uint64_t;  // 0 is no timer

  virtual ~Scheduler() = default;
  // [any] Runs `task` soon on a loop thread: the calling one when it is one. Never inline.
  virtual void post(Task task) = 0;
  // [any] Runs `task` once on a loop thread, `micros` from now at the earliest.
  virtual TimerId after(std::int64_t micros, Task task) = 0;
  // [any] A task that has begun or ended is not affected; the task may still run when this races
  // it.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace composable::host
