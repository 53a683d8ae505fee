// QueuedRequests tracks the requests that wait in a mailbox, so that each ends at its deadline
// even while the domain is paused. [serial]; add() is for any thread.
#pragma once
#include <cstddef>
#include <cstdint>

#include "runtime/mutex.hpp"
#include "store/waiter.hpp"

namespace composable::host {

class QueuedRequests {
 public:
  // One of them; part of the work in the mailbox, and stays where it is.
  struct Entry {
    RouteReply* reply = nullptr;  // one of these two, or neither
    Waiter* waiter = nullptr;
    std::int64_t deadline = 0;  // steady microseconds
    bool refused = false;
    Entry* before = nullptr;
    Entry* after = nullptr;
  };

  void add(Entry& entry);   // [any]
  bool take(Entry& entry);  // its turn has come; false: it has been refused meanwhile

  void expire(std::int64_t now);  // 504 for those whose deadline has passed
  void refuse_all(const Refusal& refusal);

 private:
  void refuse(Entry& entry, const Refusal& refusal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void unlink(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  Entry* first_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Entry* last_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace composable::host
