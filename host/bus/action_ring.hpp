// An ActionRing gives in-process observers the actions of one domain: a bounded ring of encoded
// actions and a cursor for each subscriber. The publisher never waits. A subscriber that falls
// behind is told how many actions it missed.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "runtime/mutex.hpp"
#include "runtime/spin_lock.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

struct ObservedAction {
  std::uint64_t sequence = 0;  // 1.. per domain
  std::uint64_t position = 0;  // in the log; 0 when not stored
  std::uint64_t cause = 0;     // the send it follows from
  std::uint32_t action_class = 0;
  std::string type;
  std::string data;  // wire JSON
  Uuid correlation;
};

class ActionRing;

class ActionSubscriber {
 public:
  enum class Result : std::uint8_t { kAction, kMissed, kTimeout, kClosed };

  ActionSubscriber(std::shared_ptr<ActionRing> ring, std::uint64_t next);
  ~ActionSubscriber();

  // [any, one thread at a time] The next action; or how many were lost since the last one, in
  // `missed`, and streaming goes on; or nothing within the time; or the store is gone.
  Result receive(ObservedAction& out, std::uint64_t& missed, absl::Duration timeout);

 private:
  std::optional<Result> take(ObservedAction& out, std::uint64_t& missed);  // nullopt: nothing new

  std::shared_ptr<ActionRing> ring_;
  std::uint64_t next_;
};

class ActionRing {
 public:
  explicit ActionRing(std::size_t capacity);  // rounded up to a power of two, at least 1

  // [serial] The number by which an action type's name is published; the same for the same name.
  std::uint32_t number_of(std::string_view type);

  bool observed() const;  // [any] whether there is a subscriber
  // [serial] Takes `data`, and gives the memory of the action that it replaces for it.
  void publish(std::uint32_t action_class, std::uint32_t type, std::string& data,
               std::uint64_t position, std::uint64_t cause, const Uuid& correlation);
  void close();  // subscribers drain what is left, then see kClosed

  static std::shared_ptr<ActionSubscriber> subscribe(const std::shared_ptr<ActionRing>& ring);

 private:
  friend class ActionSubscriber;

  // The action with sequence s is in slot s modulo their number.
  struct Slot {
    std::uint64_t position = 0;
    std::uint64_t cause = 0;
    std::uint32_t action_class = 0;
    std::uint32_t type = 0;
    std::string data;
    Uuid correlation;
  };

  Slot& slot(std::uint64_t sequence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_) {
    return slots_[sequence & (slots_.size() - 1)];
  }
  void wake() ABSL_LOCKS_EXCLUDED(lock_);

  // Held for a swap or a copy of one action; taken after sleep_ when both are.
  mutable SpinLock lock_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(lock_);
  std::vector<std::string> types_ ABSL_GUARDED_BY(lock_);  // by number
  std::uint64_t head_ ABSL_GUARDED_BY(lock_) = 0;          // sequence of the newest action
  bool closed_ ABSL_GUARDED_BY(lock_) = false;
  std::size_t sleepers_ ABSL_GUARDED_BY(lock_) = 0;
  std::atomic<std::size_t> subscribers_{0};

  // A sleeper holds it from its last look at the ring until it sleeps, so no wake is lost.
  Mutex sleep_;
  std::condition_variable_any published_;
};

}  // namespace composable::host
