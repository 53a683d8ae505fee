#include "events/memory/snapshots.hpp"

#include <algorithm>

namespace composable::host {

absl::StatusOr<bool> MemorySnapshots::save(const std::string& domain, const std::string& schema,
                                           std::uint64_t position, std::string_view data) {
  const std::uint64_t head = commits_.head();
  absl::Status checked = check_snapshot(domain, schema, position, data.size(), head);
  if (!checked.ok()) return checked;
  const MutexLock lock(mutex_);
  if (!is_newer(of(domain), schema, position, head)) return false;
  const auto drop = [&](auto unwanted) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    kept_.erase(std::remove_if(kept_.begin(), kept_.end(), unwanted), kept_.end());
  };
  drop([&](const Kept& kept) { return kept.info.domain == domain && kept.info.schema == schema; });
  const auto place = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& kept) { return kept.info.position <= position; });
  kept_.insert(place,
               {{domain, schema, position, data.size(), clock_.unix_micros()}, std::string(data)});
  std::size_t newer = 0;
  drop([&](const Kept& kept) {
    return kept.info.domain == domain && ++newer > kSnapshotsOfADomain;
  });
  return true;
}

absl::StatusOr<SnapshotFound> MemorySnapshots::load(std::string_view domain,
                                                    std::string_view schema) {
  const MutexLock lock(mutex_);
  SnapshotFound found;
  for (const Kept& kept : kept_) {
    if (kept.info.domain != domain || kept.info.schema != schema) continue;
    found.snapshot = Snapshot{kept.info.position, kept.data};
  }
  return found;
}

absl::StatusOr<std::vector<SnapshotInfo>> MemorySnapshots::list(std::string_view domain) {
  const MutexLock lock(mutex_);
  return of(domain);
}

absl::Status MemorySnapshots::remove(const std::string& domain) {
  const MutexLock lock(mutex_);
  kept_.erase(std::remove_if(kept_.begin(), kept_.end(),
                             [&](const Kept& kept) { return kept.info.domain == domain; }),
              kept_.end());
  return absl::OkStatus();
}

std::vector<SnapshotInfo> MemorySnapshots::of(std::string_view domain) const {
  std::vector<SnapshotInfo> infos;
  for (const Kept& kept : kept_) {
    if (kept.info.domain == domain) infos.push_back(kept.info);
  }
  return infos;
}

}  // namespace composable::host
