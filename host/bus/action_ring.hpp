// In-process observers of one domain: a bounded ring of encoded actions and a cursor for each
// subscriber. The publisher never waits; who is too slow is told how many actions it missed.
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
  std::shared_ptr<ActionRing> ring_;
  std::uint64_t next_;
};

class ActionRing {
 public:
  explicit ActionRing(std::size_t capacity);  // rounded up to a power of two, at least 1

  bool observed() const;  // [any] whether there is a subscriber
  // [serial] Takes `data`, and gives the memory of the action that it replaces for it.
  void publish(std::uint32_t action_class, std::string_view type, std::string& data,
               std::uint64_t position, std::uint64_t cause, const Uuid& correlation);
  void close();  // subscribers drain what is left, then see kClosed

  static std::shared_ptr<ActionSubscriber> subscribe(const std::shared_ptr<ActionRing>& ring);

 private:
  friend class ActionSubscriber;

  mutable Mutex mutex_;
  std::condition_variable_any published_;
  std::vector<ObservedAction> slots_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t head_ ABSL_GUARDED_BY(mutex_) = 0;  // sequence of the newest action
  std::size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<std::size_t> subscribers_{0};
};

}  // namespace composable::host
