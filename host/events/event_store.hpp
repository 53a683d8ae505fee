// An EventStore is the log of record: appends that are atomic, and durable when they are answered,
// and reads. Snapshots, checkpoints and dead letters are kept in the same place. To follow the
// log, use a Subscription (subscription.hpp).
//
// There is one writer. Appends of all domains that wait at the same moment share one commit; the
// writer does not wait for more. Guarantees (docs/guarantees.md): an answered append is durable;
// positions and versions have no gaps; a repeated event id is answered with the first result and
// appends nothing.
//
// A stream belongs to its domain: its name is unique there. Streams of the same name in two
// domains have nothing in common. An event's id is unique in the whole log.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "events/checkpoints.hpp"
#include "events/commit_signal.hpp"
#include "events/dead_letters.hpp"
#include "events/event.hpp"
#include "events/snapshots.hpp"

namespace composable::host {

// What an append expects of a stream.
enum class Expected : std::uint8_t {
  kSeen,  // no event of the stream has a position above StreamAppend::seen_position
  kAny,
  kNone,    // the stream has no event
  kExists,  // it has at least one
  kExact,   // its version is StreamAppend::exact_version
};

struct StreamAppend {
  std::string stream;  // of the request's domain; 1..255 bytes
  Expected expected = Expected::kSeen;
  std::uint64_t seen_position = 0;
  std::uint64_t exact_version = 0;
  std::vector<NewEvent> events;  // at least 1
};

// A delay that must survive a restart: written in the same commit as the request's events.
struct TimerWrite {
  std::string key;          // unique per domain; a later one replaces it
  std::int64_t due_us = 0;  // Unix time
  std::string action_type;
  std::string data;  // wire JSON
  EventMeta meta;
};

struct StoredTimer : TimerWrite {
  std::string domain;
};

enum class AppendCode : std::uint8_t {
  kOk,
  kDuplicate,    // its event ids are known: first_position and first_versions of the first result
  kConflict,     // an expectation did not hold: stream_index, actual_version
  kDeleted,      // a stream was deleted, for good: stream_index, message
  kInvalid,      // empty, too large, a stream named twice, some but not all ids known: message
  kOverloaded,   // the queue is full; nothing was taken
  kUnavailable,  // the store cannot write now; nothing was written: message
  kUnknown,      // not known within the deadline; ask again by event id: message
  kShuttingDown,
  kAbsent,  // AppendRequest::resolve_only: nothing of it is stored, nor will be
};

struct AppendResult {
  AppendCode code = AppendCode::kOk;
  std::uint64_t first_position = 0;           // of the first event; the others follow without hole
  std::vector<std::uint64_t> first_versions;  // per stream of the request
  std::size_t stream_index = 0;               // kConflict, kDeleted
  std::uint64_t actual_version = 0;           // kConflict
  std::string message;                        // for the log and for people; no payloads
};

// One atomic request: all of it is written, or nothing. Events get positions in the order in which
// they stand here, stream after stream. A request without streams only writes timers. Timers are
// cancelled first, then written. Limits: append_rules.hpp.
// Derive from it to keep data for the answer.
struct AppendRequest {
  virtual ~AppendRequest() = default;

  std::string domain;
  std::vector<StreamAppend> streams;  // different streams
  std::int64_t recorded_at_us = 0;
  EventMeta meta;
  std::vector<TimerWrite> timers;
  std::vector<std::string> cancelled_timers;  // keys of this domain; unknown ones are ignored
  // The flight that the request belongs to: requests that their domain decided one upon the other
  // before they were answered. After one that failed, the rest of the same flight is refused as
  // kUnavailable. The numbers of a domain grow. 0: none, and bounded by the queue; a flight is
  // bounded by its domain and never finds a full queue.
  std::uint64_t flight = 0;
  // Writes nothing and asks what became of a request whose outcome was kUnknown. The answer is
  // kDuplicate with the first result, kAbsent, or a code that does not decide it yet (kUnavailable,
  // kUnknown, kShuttingDown).
  bool resolve_only = false;

  AppendResult result;  // filled by the store before it gives the request back
};

// Receives answered requests in position order, one call per commit. Called on the writer's thread,
// or inside append() on the caller's (the memory store, and refusals that need no queue). Must not
// block. Outlives every request that names it.
class AppendListener {
 public:
  virtual ~AppendListener() = default;
  virtual void appended(absl::Span<std::unique_ptr<AppendRequest>> answered) = 0;
};

enum class Direction : std::uint8_t { kForward, kBackward };

struct EventFilter {
  std::string domain;  // empty: all
  std::string type;    // empty: all
};

struct EventPage {
  std::vector<StoredEvent> events;
  bool more = false;       // there may be more in this direction
  std::uint64_t next = 0;  // pass it as `from` to go on
};

struct StreamInfo {
  std::string domain;
  std::string stream;
  std::uint64_t version = 0;  // of the last event, removed ones included; 0: never one
  std::uint64_t last_position = 0;
  std::uint64_t first_version = 1;  // the first that is kept; version + 1: none is
  bool deleted = false;
};

struct EventStoreStats {
  std::uint64_t head = 0;  // the last position, 0 when empty
  std::uint64_t commits = 0;
  std::uint64_t appends = 0;
  std::uint64_t events = 0;
  std::size_t queued_requests = 0;
  std::size_t queued_bytes = 0;
};

class EventStore {
 public:
  virtual ~EventStore() = default;

  // [any] Takes the request; it comes back through the listener exactly once.
  virtual void append(std::unique_ptr<AppendRequest> request, AppendListener& listener) = 0;

  // Reads see committed events only. [any] They block; not for loop threads while serving.
  // `max` is capped at 1,000 events.
  virtual absl::StatusOr<EventPage> read_stream(std::string_view domain, std::string_view stream,
                                                std::uint64_t from_version, Direction direction,
                                                std::size_t max) = 0;
  // kForward: positions >= from; kBackward: positions <= from. A page that is filtered, or over
  // removed events, may be short or even empty while there is more.
  virtual absl::StatusOr<EventPage> read_all(std::uint64_t from_position, Direction direction,
                                             std::size_t max, const EventFilter& filter) = 0;
  // Every event of one domain from a position on, in order, as views that live for the call: what
  // replay uses. Stops at the first failure `visit` returns and returns it. `visit` must not call
  // the store.
  struct EventView {
    std::uint64_t position, version;
    std::string_view stream, type, data, actor;
    std::int64_t recorded_at_us;
    Uuid id, correlation, cause;
  };
  virtual absl::Status replay(std::string_view domain, std::uint64_t from_position,
                              const std::function<absl::Status(const EventView&)>& visit) = 0;
  // A domain's streams whose name begins with `prefix`, by name, after `after`; at most 1,000.
  virtual absl::StatusOr<std::vector<StreamInfo>> list_streams(std::string_view domain,
                                                               std::string_view prefix,
                                                               std::string_view after,
                                                               std::size_t max) = 0;
  // Every stream of a domain by name, with version and last_position as they were at `position`,
  // removed events included; those that began later are left out. Removals and deletions are shown
  // as of now. `visit` must not call the store.
  virtual absl::Status visit_streams(std::string_view domain, std::uint64_t position,
                                     const std::function<void(const StreamInfo&)>& visit) = 0;
  // Version 0 when the domain has no such stream.
  virtual absl::StatusOr<StreamInfo> stream_info(std::string_view domain,
                                                 std::string_view stream) = 0;

  // Pending durable delays of a domain, by due time.
  virtual absl::StatusOr<std::vector<StoredTimer>> load_timers(std::string_view domain) = 0;

  // Removes the events of a stream below `before_version`, for good; beyond the end it is all of
  // them. The others keep their versions and positions, the removed ones are never given again,
  // and their ids stay known: appended again, they answer with the first result. What is removed
  // together with many others goes some thousand at a time; when that was interrupted, ask again.
  // NotFound when the domain has no such stream. [any] It blocks; not inside an AppendListener.
  virtual absl::Status truncate_stream(const std::string& domain, const std::string& stream,
                                       std::uint64_t before_version) = 0;
  // Removes all of its events, and refuses every append to it from now on.
  virtual absl::Status delete_stream(const std::string& domain, const std::string& stream) = 0;

  virtual SnapshotStore& snapshots() = 0;
  virtual CheckpointStore& checkpoints() = 0;
  virtual DeadLetterStore& dead_letters() = 0;
  virtual CommitSignal& commits() = 0;  // where the log ends; for waiting for more

  // This log's identity; positions of another epoch mean nothing here.
  virtual Uuid epoch() const = 0;
  virtual EventStoreStats stats() = 0;  // [any]
  virtual absl::Status health() = 0;    // [any] OK, or why it cannot write
  // [not a loop] Blocks; not inside an AppendListener. Writes and removes as many bytes as were
  // refused, to find out whether there is room now.
  virtual absl::Status try_to_write(std::size_t bytes) = 0;
  // [any] Writes a consistent copy to a new file, while serving. A store that is opened from it has
  // an epoch of its own.
  virtual absl::Status backup(const std::string& path) = 0;
  // Refuses new appends, answers those that were taken, and returns when all are durable.
  virtual void shutdown() = 0;
};

}  // namespace composable::host
