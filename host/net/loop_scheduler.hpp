// A LoopScheduler is the production Scheduler: work stays on the loop that brings it; work from
// other threads goes to the home loop.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "net/loop.hpp"
#include "runtime/scheduler.hpp"

namespace composable::host {

class LoopScheduler final : public Scheduler {
 public:
  // `loops` outlive this, are numbered from 0 in order, and are at most 256.
  explicit LoopScheduler(std::vector<Loop*> loops, std::uint32_t home = 0)
      : loops_(std::move(loops)), home_(home) {}

  void post(Task task) override;
  TimerId after(std::int64_t micros, Task task) override;
  void cancel(TimerId timer) override;

 private:
  Loop& here();

  std::vector<Loop*> loops_;
  const std::uint32_t home_;
  std::atomic<std::uint64_t> timers_{0};
};

}  // namespace composable::host
