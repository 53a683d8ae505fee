// A FlightGuard refuses appends of flights that have failed. A flight is what a domain has decided
// and the log has not answered yet. Each of its requests was decided on those before it, so after
// a failed request no later one may reach the log. Any thread.
#pragma once
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "events/event_store.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class FlightGuard {
 public:
  // Whether an earlier request of its flight has failed. A request with resolve_only is never
  // refused.
  bool refuses(const AppendRequest& request) const {
    if (request.flight == 0 || request.resolve_only) return false;
    const MutexLock lock(mutex_);
    const auto it = failed_.find(request.domain);
    return it != failed_.end() && request.flight <= it->second;
  }
  // Records a failure. The flights of one domain follow each other, so the newest failed one covers
  // all before it.
  void failed(const AppendRequest& request) {
    if (request.flight == 0) return;
    const MutexLock lock(mutex_);
    std::uint64_t& newest = failed_[request.domain];
    if (newest < request.flight) newest = request.flight;
  }

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, std::uint64_t> failed_ ABSL_GUARDED_BY(mutex_);
};

// Whether an answer with this code leaves the flight whole.
inline bool is_stored(AppendCode code) {
  return code == AppendCode::kOk || code == AppendCode::kDuplicate;
}

inline constexpr char kFlightFailed[] =
    "append: an earlier request of its flight failed, nothing after it is written";

}  // namespace composable::host
