// These functions decide whether an append may be written, for every kind of store: a store only
// answers what its log holds. `refuse_malformed` runs on the caller's thread, `refuse_by_log` in
// the store's serial section.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "events/event_store.hpp"

namespace composable::host {

inline constexpr std::size_t kMaxName = 255;           // bytes of a stream, type, domain, timer key
inline constexpr std::size_t kMaxMeta = 1024;          // bytes of actor, traceparent, user
inline constexpr std::size_t kMaxEventData = 1 << 20;  // bytes of one event or timer
inline constexpr std::size_t kMaxRequestEvents = 4096;
inline constexpr std::size_t kMaxRequestTimers = 1024;  // written and cancelled together
inline constexpr std::size_t kMaxRequestBytes = 16 << 20;

// What a log knows of one stream.
struct StreamHead {
  std::int64_t key = 0;  // the store's own; 0: no such stream
  std::uint64_t version = 0;
  std::uint64_t last_position = 0;
  std::uint64_t first_version = 1;  // those below it are removed
  bool deleted = false;
};

// Where one event is.
struct EventPlace {
  std::uint64_t position = 0;
  std::uint64_t version = 0;
  std::string domain, stream;
};

// A LogIndex shows the log including the requests before the one that is checked. An error means
// that the log could not be read, and ends the whole batch.
class LogIndex {
 public:
  virtual ~LogIndex() = default;
  // Valid until the next call.
  virtual absl::StatusOr<StreamHead*> stream(const std::string& domain,
                                             const std::string& name) = 0;
  virtual absl::StatusOr<std::optional<EventPlace>> event(const Uuid& id) = 0;
};

// About how many bytes of memory a request takes.
std::size_t request_bytes(const AppendRequest& request);
std::size_t request_events(const AppendRequest& request);

// True: the request is kInvalid, whatever the log holds, and its result says why.
bool refuse_malformed(AppendRequest& request);

// True: nothing may be written, and the result says why (kDuplicate, kDeleted, kConflict,
// or kInvalid when only some of its event ids are known). Duplicates come first: a repeated request
// must find its first result, not the conflict that this result causes.
absl::StatusOr<bool> refuse_by_log(AppendRequest& request, LogIndex& log);

// NotFound when there is no such stream to truncate or delete.
absl::Status check_known_stream(std::string_view domain, std::string_view stream,
                                const StreamHead& head);

}  // namespace composable::host
