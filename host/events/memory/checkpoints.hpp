// MemoryCheckpoints holds the checkpoints of the memory store. Any thread.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "events/checkpoints.hpp"
#include "events/commit_signal.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class MemoryCheckpoints final : public CheckpointStore {
 public:
  // Clock and signal outlive this.
  MemoryCheckpoints(const Uuid& epoch, const CommitSignal& commits, Clock& clock, std::size_t most)
      : epoch_(epoch), commits_(commits), clock_(clock), most_(most) {}

  absl::StatusOr<bool> save(const std::string& name, const Cursor& cursor) override;
  absl::StatusOr<std::optional<Checkpoint>> load(std::string_view name) override;
  absl::StatusOr<std::vector<Checkpoint>> list() override;
  absl::Status remove(const std::string& name) override;

 private:
  const Uuid epoch_;
  const CommitSignal& commits_;
  Clock& clock_;
  const std::size_t most_;
  Mutex mutex_;
  std::map<std::string, Checkpoint, std::less<>> by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
