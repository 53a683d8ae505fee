// MemorySnapshots holds the snapshots of the memory store. Any thread.
#pragma once
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "events/commit_signal.hpp"
#include "events/snapshots.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class MemorySnapshots final : public SnapshotStore {
 public:
  // Both outlive this.
  MemorySnapshots(const CommitSignal& commits, Clock& clock) : commits_(commits), clock_(clock) {}

  absl::StatusOr<bool> save(const std::string& domain, const std::string& schema,
                            std::uint64_t position, std::string_view data) override;
  absl::StatusOr<SnapshotFound> load(std::string_view domain, std::string_view schema) override;
  absl::StatusOr<std::vector<SnapshotInfo>> list(std::string_view domain) override;
  absl::Status remove(const std::string& domain) override;

 private:
  struct Kept {
    SnapshotInfo info;
    std::string data;
  };
  std::vector<SnapshotInfo> of(std::string_view domain) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CommitSignal& commits_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::vector<Kept> kept_ ABSL_GUARDED_BY(mutex_);  // newest first
};

}  // namespace composable::host
