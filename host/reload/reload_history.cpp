#include "reload/reload_history.hpp"

#include <algorithm>
#include <utility>

namespace composable::host {

std::uint64_t ReloadHistory::begin(GenerationRecord record) {
  {
    const MutexLock lock(mutex_);
    record.attempt = ++attempts_;
    records_.push_back(record);
    forget_some();
  }
  if (changed_) changed_(record);
  return record.attempt;
}

GenerationRecord ReloadHistory::update(std::uint64_t attempt,
                                       absl::FunctionRef<void(GenerationRecord&)> change) {
  GenerationRecord after;
  bool moved = false;
  {
    const MutexLock lock(mutex_);
    const auto found = std::find_if(records_.begin(), records_.end(),
                                    [&](const auto& r) { return r.attempt == attempt; });
    if (found == records_.end()) return after;
    const GenerationState before = found->state;
    change(*found);
    moved = found->state != before;
    after = *found;
  }
  if (moved && changed_) changed_(after);
  return after;
}

std::vector<GenerationRecord> ReloadHistory::newest_first() const {
  const MutexLock lock(mutex_);
  return {records_.rbegin(), records_.rend()};
}

void ReloadHistory::forget_some() {
  const auto is_over = [](const GenerationRecord& record) {
    return record.state == GenerationState::kUnloaded || record.state == GenerationState::kRefused;
  };
  while (records_.size() > kMaxRecords) {
    const auto oldest = std::find_if(records_.begin(), records_.end(), is_over);
    if (oldest == records_.end()) return;
    records_.erase(oldest);
  }
}

}  // namespace composable::host
