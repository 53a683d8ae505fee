// MemoryDeadLetters holds the dead letters of the memory store. Any thread.
#pragma once
#include <cstddef>
#include <map>

#include "absl/base/thread_annotations.h"
#include "events/dead_letters.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class MemoryDeadLetters final : public DeadLetterStore {
 public:
  // The clock outlives this.
  MemoryDeadLetters(Clock& clock, std::size_t most) : clock_(clock), most_(most) {}

  absl::Status put(const DeadLetter& letter) override;
  absl::Status change(const Uuid& id, const DeadLetterChange& change) override;
  absl::StatusOr<DeadLetterPage> list(const DeadLetterFilter& filter, std::uint64_t after,
                                      std::size_t max) override;
  absl::StatusOr<std::optional<DeadLetter>> find(const Uuid& id) override;
  absl::StatusOr<DeadLetterCounts> counts() override;

 private:
  DeadLetter* of(const Uuid& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool make_room() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const std::size_t most_;
  Mutex mutex_;
  std::map<std::uint64_t, DeadLetter> by_number_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace composable::host
