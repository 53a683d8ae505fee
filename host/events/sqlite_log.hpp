// The writing connection at work: answers what the rules ask, writes what they allow. One object is
// one opening of the file; after any failure it is thrown away and the file is opened anew. The
// writer's thread only.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "events/append_rules.hpp"
#include "events/event_store.hpp"
#include "events/sqlite_connection.hpp"
#include "events/sqlite_options.hpp"
#include "events/stream_versions.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

class SqliteLog final : public LogIndex {
 public:
  // On success everything that the log shows is durable, and nothing that it does not show can come
  // back: the WAL is copied into the file, emptied, and begun anew by a synced commit. So what an
  // earlier opening left in doubt (a failed sync, a killed host) is settled from here on.
  static absl::StatusOr<std::unique_ptr<SqliteLog>> open(const std::string& path,
                                                         const SqliteStoreOptions& options,
                                                         Clock& clock);

  absl::StatusOr<StreamHead*> stream(const std::string& name) override;
  absl::StatusOr<std::optional<EventPlace>> event(const Uuid& id) override;

  absl::Status begin() { return begin_.run(); }
  // Writes a request that the rules allow and fills its positions and versions.
  absl::Status write(AppendRequest& request);
  // Removes up to `most` of a stream's events below version `before`; `more` when some are left.
  // `refused` when there is no such stream.
  absl::Status truncate(const std::string& stream, std::uint64_t before, std::uint64_t most,
                        bool& more, absl::Status& refused);
  // From here on appends to the stream are refused; its events are still there.
  absl::Status close_stream(const std::string& stream, absl::Status& refused);
  // Durable when it returns OK.
  absl::Status commit() { return commit_.run(); }

  std::uint64_t head() const { return head_; }  // the last position, uncommitted ones included
  const Uuid& epoch() const { return epoch_; }
  int wal_pages() const { return wal_pages_; }
  Connection& connection() { return connection_; }  // for a LogWrite, within its transaction
  // Copies committed pages into the file as far as readers allow.
  absl::Status checkpoint();
  // Copies all of them and empties the WAL; for a clean end.
  absl::Status checkpoint_and_truncate();

 private:
  SqliteLog(Connection connection, Clock& clock, std::size_t cached_streams);

  absl::Status prepare();
  absl::Status read_tail();
  absl::Status begin_wal_anew();
  absl::Status add_stream(const std::string& name, const std::string& domain, StreamHead& head);
  absl::StatusOr<std::int64_t> type_key(const std::string& name);
  absl::Status write_event(const AppendRequest& request, const NewEvent& event, StreamHead& head);
  absl::Status write_timers(const AppendRequest& request);

  Connection connection_;
  Clock& clock_;
  Statement begin_, commit_, find_stream_, find_event_, add_stream_, find_type_, add_type_,
      add_event_, put_timer_, cancel_timer_, erase_, keep_from_, close_stream_;
  StreamVersions streams_;
  absl::flat_hash_map<std::string, std::int64_t> types_;
  std::uint64_t head_ = 0;
  Uuid newest_id_;  // the greatest of the log: ids above it are new without a query
  Uuid epoch_;
  int wal_pages_ = 0;
};

}  // namespace composable::host
