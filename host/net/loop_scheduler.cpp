#include "net/loop_scheduler.hpp"

namespace composable::host {
namespace {

// A timer's id says in its last byte which loop keeps it.
constexpr std::uint64_t kLoopBits = 8;
constexpr std::uint64_t kLoopMask = (1u << kLoopBits) - 1;

}  // namespace

// A loop of another set, such as the admin loop, does not run a domain's work.
Loop& LoopScheduler::here() {
  Loop* current = Loop::current();
  const bool ours = current != nullptr && current->number() < loops_.size() &&
                    loops_[current->number()] == current;
  return ours ? *current : *loops_[home_];
}

void LoopScheduler::post(Task task) { here().post(std::move(task)); }

Scheduler::TimerId LoopScheduler::after(std::int64_t micros, Task task) {
  Loop& loop = here();
  const TimerId id =
      (timers_.fetch_add(1, std::memory_order_relaxed) + 1) << kLoopBits | loop.number();
  if (loop.is_current()) {
    loop.set_timer(id, micros, std::move(task));
  } else {
    loop.post([&loop, id, micros, task = std::move(task)]() mutable {
      loop.set_timer(id, micros, std::move(task));
    });
  }
  return id;
}

void LoopScheduler::cancel(TimerId timer) {
  const std::uint64_t number = timer & kLoopMask;
  if (timer == 0 || number >= loops_.size()) return;
  Loop& loop = *loops_[number];
  if (loop.is_current()) {
    loop.cancel_timer(timer);
  } else {
    loop.post([&loop, timer] { loop.cancel_timer(timer); });
  }
}

}  // namespace composable::host
