// LogTables reads and writes the rows of the log through the writing connection: it answers what
// the append rules ask, and writes what they allow, within the transaction that its SqliteLog has
// begun. The writer's thread only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "events/append_rules.hpp"
#include "events/event_store.hpp"
#include "events/sqlite/connection.hpp"
#include "events/sqlite/stream_versions.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

class LogTables final : public LogIndex {
 public:
  LogTables(Connection& connection, Clock& clock, std::size_t cached_streams)
      : connection_(connection), clock_(clock), streams_(cached_streams) {}

  absl::Status prepare();   // its statements
  absl::Status read_end();  // the last position and the newest id

  absl::StatusOr<StreamHead*> stream(const std::string& domain, const std::string& name) override;
  absl::StatusOr<std::optional<EventPlace>> event(const Uuid& id) override;

  // Writes a request that the rules allow and fills its positions and versions.
  absl::Status write(AppendRequest& request);
  // Removes up to `most` of a stream's events below version `before`; `more` when some are left.
  // `refused` when there is no such stream.
  absl::Status truncate(const std::string& domain, const std::string& stream, std::uint64_t before,
                        std::uint64_t most, bool& more, absl::Status& refused);
  // From here on appends to the stream are refused; its events are still there.
  absl::Status close_stream(const std::string& domain, const std::string& stream,
                            absl::Status& refused);

  std::uint64_t head() const { return head_; }  // the last position, uncommitted ones included

 private:
  absl::Status add_stream(const std::string& domain, const std::string& name, StreamHead& head);
  absl::StatusOr<std::int64_t> type_key(const std::string& name);
  absl::Status write_event(const AppendRequest& request, const NewEvent& event, StreamHead& head);
  absl::Status write_timers(const AppendRequest& request);

  Connection& connection_;
  Clock& clock_;
  Statement find_stream_, find_event_, add_stream_, find_type_, add_type_, add_event_, put_timer_,
      cancel_timer_, erase_, keep_from_, close_stream_;
  StreamVersions streams_;
  absl::flat_hash_map<std::string, std::int64_t> types_;
  std::uint64_t head_ = 0;
  Uuid newest_id_;  // the greatest of the log: ids above it are new without a query
};

}  // namespace composable::host
