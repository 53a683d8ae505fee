// A Subscription reads the log from a position on, in order and without end: history first, then
// new events as they are appended. The log itself is the buffer. A subscription reads pages of it
// and commits only wake it, so there is no switch from history to live, a slow reader delays no
// commit, and nothing is dropped. Reads block, so each reader needs a thread of its own.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "events/checkpoints.hpp"
#include "events/event_store.hpp"

namespace composable::host {

// Where a subscription begins: with the event after it.
struct From {
  enum class Place : std::uint8_t { kBeginning, kEnd, kCursor, kCheckpoint };
  Place place = Place::kBeginning;
  Cursor cursor;           // kCursor
  std::string checkpoint;  // kCheckpoint: a name; where none is saved, the beginning

  static From beginning() { return {}; }
  static From end() { return {Place::kEnd, {}, {}}; }
  static From after(const Cursor& cursor) { return {Place::kCursor, cursor, {}}; }
  static From saved(std::string checkpoint) {
    return {Place::kCheckpoint, {}, std::move(checkpoint)};
  }
};

// A share of the streams: together `count` subscriptions with the same count see every event once,
// each stream's by the same one. A stable hash of the stream's name decides which.
struct Partition {
  std::uint32_t index = 0;  // below count
  std::uint32_t count = 1;

  bool has(std::string_view stream) const;
};

struct SubscriptionOptions {
  From from;
  EventFilter filter;
  Partition partition;
  std::size_t credit = 256;              // events that may be in flight; at most 1,000,000
  std::uint64_t lagged_beyond = 10'000;  // positions behind the end that are reported
};

// The reader has passed every event up to `position`, matching or not. Delivered once when the
// history is read, and again after each Lagged.
struct CaughtUp {
  std::uint64_t position = 0;
};
// The reader had caught up and has fallen behind by so many positions. Nothing is lost: all events
// follow.
struct Lagged {
  std::uint64_t behind = 0;
};
// The cursor belongs to another log, or to one that took another course, for example after a backup
// was restored. Nothing else is delivered; what was derived from events up to the cursor must be
// derived anew.
struct EpochChanged {
  Uuid epoch;              // of this log
  std::uint64_t head = 0;  // its end
};

using Delivery = std::variant<StoredEvent, CaughtUp, Lagged, EpochChanged>;

// One reader calls next(); grant() and cancel() may come from any thread.
class Subscription {
 public:
  // `store` outlives it. Reads the checkpoint and the event at the cursor.
  static absl::StatusOr<std::unique_ptr<Subscription>> open(EventStore& store,
                                                            SubscriptionOptions options);

  // The next delivery. Waits up to `patience` when there is none, or no credit for an event; then
  // nothing. Each event takes one credit. A failure to read is returned and may be tried again.
  // EpochChanged comes at every call, kCancelled at every call after cancel().
  absl::StatusOr<std::optional<Delivery>> next(absl::Duration patience);

  // [any] Tells that events were processed: as many more may be in flight, up to the credit of the
  // options.
  void grant(std::size_t events);
  // [any] Ends a waiting next(), and every later one.
  void cancel();

  // For the reading thread. The position up to which everything was delivered or did not match.
  // Save it once all delivered events are processed.
  Cursor cursor() const { return {epoch_, position_, last_id_}; }

 private:
  enum class State : std::uint8_t { kReading, kLive, kForeign };

  Subscription(EventStore& store, SubscriptionOptions options);
  absl::Status begin();
  absl::StatusOr<bool> is_of_this_log(const Cursor& cursor);
  std::optional<Delivery> next_notice(std::uint64_t head);
  Delivery take();
  absl::Status fill(std::uint64_t head);
  void pass_over();
  bool may_read(std::uint64_t head) const;
  bool lags(std::uint64_t head) const;
  bool may_go_on() const;

  EventStore& store_;
  const SubscriptionOptions options_;
  const Uuid epoch_;
  State state_ = State::kReading;
  std::deque<StoredEvent> page_;
  std::uint64_t position_ = 0;  // see cursor()
  Uuid last_id_;                // of the event at position_, when it was delivered
  std::uint64_t next_ = 1;      // the first position that is not in page_ nor before it
  std::atomic<std::size_t> credit_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace composable::host
