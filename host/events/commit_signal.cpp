#include "events/commit_signal.hpp"

namespace composable::host {

void CommitSignal::advance(std::uint64_t head) {
  std::uint64_t known = head_.load();
  while (known < head && !head_.compare_exchange_weak(known, head)) {
  }
}

void CommitSignal::wake() {
  if (waiters_.load() == 0) return;
  const MutexLock lock(mutex_);
  moved_.notify_all();
}

}  // namespace composable::host
