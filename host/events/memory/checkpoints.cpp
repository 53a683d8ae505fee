#include "events/memory/checkpoints.hpp"

namespace composable::host {

absl::StatusOr<bool> MemoryCheckpoints::save(const std::string& name, const Cursor& cursor) {
  if (absl::Status s = check_checkpoint(name, cursor, epoch_, commits_.head()); !s.ok()) return s;
  const MutexLock lock(mutex_);
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) {
    if (absl::Status s = check_checkpoint_room(by_name_.size(), most_); !s.ok()) return s;
  } else if (!moves_on(it->second.cursor, cursor)) {
    return false;
  }
  by_name_[name] = {name, cursor, clock_.unix_micros()};
  return true;
}

absl::StatusOr<std::optional<Checkpoint>> MemoryCheckpoints::load(std::string_view name) {
  const MutexLock lock(mutex_);
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return std::nullopt;
  return it->second;
}

absl::StatusOr<std::vector<Checkpoint>> MemoryCheckpoints::list() {
  const MutexLock lock(mutex_);
  std::vector<Checkpoint> all;
  for (const auto& [name, checkpoint] : by_name_) all.push_back(checkpoint);
  return all;
}

absl::Status MemoryCheckpoints::remove(const std::string& name) {
  const MutexLock lock(mutex_);
  by_name_.erase(name);
  return absl::OkStatus();
}

}  // namespace composable::host
