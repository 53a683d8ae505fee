// A ReloadHistory holds the last attempts to load a generation, with what became of each. Any
// thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "reload/generation_record.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class ReloadHistory {
 public:
  // More are kept only while their code is mapped.
  static constexpr std::size_t kMaxRecords = 256;

  // `changed` is called with every new state, on the thread that sets it; it may be empty.
  explicit ReloadHistory(std::function<void(const GenerationRecord&)> changed = {})
      : changed_(std::move(changed)) {}

  // Returns the attempt's number.
  std::uint64_t begin(GenerationRecord record);
  // Returns the changed record. `change` must not call this object.
  GenerationRecord update(std::uint64_t attempt, absl::FunctionRef<void(GenerationRecord&)> change);

  std::vector<GenerationRecord> newest_first() const;

 private:
  void forget_some() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::function<void(const GenerationRecord&)> changed_;
  mutable Mutex mutex_;
  std::deque<GenerationRecord> records_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t attempts_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace composable::host
