// A MemoryEventStore keeps the log in memory: for tests, simulations and `memory:`. It has the
// contract of the SQLite store, except durability. It answers inside append(), on the caller's
// thread.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "events/append_queue.hpp"
#include "events/append_rules.hpp"
#include "events/event_store.hpp"
#include "events/flight_guard.hpp"
#include "events/memory/checkpoints.hpp"
#include "events/memory/dead_letters.hpp"
#include "events/memory/snapshots.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

struct MemoryStoreOptions {
  std::size_t max_bytes = std::size_t{1} << 30;  // of events and timers; beyond it kUnavailable
  std::size_t checkpoints = kMaxCheckpoints;
  std::size_t dead_letters = kMaxDeadLetters;
};

class MemoryEventStore final : public EventStore {
 public:
  explicit MemoryEventStore(Clock& clock, MemoryStoreOptions options = {});

  // The listener is called before this returns; calls of several threads go one after the other, in
  // position order. A listener may append again: that answer comes inside its call.
  void append(std::unique_ptr<AppendRequest> request, AppendListener& listener) override;

  absl::StatusOr<EventPage> read_stream(std::string_view domain, std::string_view stream,
                                        std::uint64_t from_version, Direction direction,
                                        std::size_t max) override;
  absl::StatusOr<EventPage> read_all(std::uint64_t from_position, Direction direction,
                                     std::size_t max, const EventFilter& filter) override;
  absl::Status replay(std::string_view domain, std::uint64_t from_position,
                      const std::function<absl::Status(const EventView&)>& visit) override;
  absl::StatusOr<std::vector<StreamInfo>> list_streams(std::string_view domain,
                                                       std::string_view prefix,
                                                       std::string_view after,
                                                       std::size_t max) override;
  absl::Status visit_streams(std::string_view domain, std::uint64_t position,
                             const std::function<void(const StreamInfo&)>& visit) override;
  absl::StatusOr<StreamInfo> stream_info(std::string_view domain, std::string_view stream) override;
  absl::StatusOr<std::vector<StoredTimer>> load_timers(std::string_view domain) override;
  absl::Status truncate_stream(const std::string& domain, const std::string& stream,
                               std::uint64_t before_version) override;
  absl::Status delete_stream(const std::string& domain, const std::string& stream) override;
  SnapshotStore& snapshots() override { return snapshots_; }
  CheckpointStore& checkpoints() override { return checkpoints_; }
  DeadLetterStore& dead_letters() override { return dead_letters_; }
  CommitSignal& commits() override { return commits_; }
  Uuid epoch() const override { return epoch_; }
  EventStoreStats stats() override;
  absl::Status try_to_write(std::size_t bytes) override;
  absl::Status health() override;
  absl::Status backup(const std::string& path) override;
  void shutdown() override;

 private:
  struct Stream {
    StreamHead head;
    std::vector<std::uint64_t> positions;  // by version - 1
  };
  using Streams = std::map<std::string, Stream, std::less<>>;  // of one domain, by name
  class Index;

  void check_and_write(AppendRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void write(AppendRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void write_timers(const AppendRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hands back what is answered, up to `ticket` at least.
  void deliver(std::uint64_t ticket) ABSL_LOCKS_EXCLUDED(mutex_);
  // Erases the events of a stream below a version.
  void erase(Stream& stream, std::uint64_t before_version) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const StoredEvent& at(std::uint64_t position) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return *events_[position - 1];
  }
  // Null when there is none.
  const Stream* find(std::string_view domain, std::string_view stream) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Stream* find_to_change(std::string_view domain, std::string_view stream)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return const_cast<Stream*>(find(domain, stream));
  }
  bool is_removed(const StoredEvent& event) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Uuid epoch_;
  const MemoryStoreOptions options_;
  CommitSignal commits_;
  MemorySnapshots snapshots_;
  MemoryCheckpoints checkpoints_;
  MemoryDeadLetters dead_letters_;
  mutable Mutex mutex_;
  // Stored events never change: a removed one is replaced by an empty one, so a reader outside the
  // lock keeps the event that it has.
  std::deque<std::shared_ptr<const StoredEvent>> events_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Streams, std::less<>> streams_ ABSL_GUARDED_BY(mutex_);  // by domain
  absl::flat_hash_map<Uuid, std::uint64_t> positions_by_id_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, StoredTimer> timers_
      ABSL_GUARDED_BY(mutex_);  // by domain and key
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t appends_ ABSL_GUARDED_BY(mutex_) = 0;
  FlightGuard flights_;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;  // the last request did not fit
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;

  // Answered, not yet handed back; by ticket, which counts answers.
  std::deque<QueuedAppend> answered_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t tickets_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t delivered_ ABSL_GUARDED_BY(mutex_) = 0;
  std::condition_variable_any delivery_over_;
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread::id deliverer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
