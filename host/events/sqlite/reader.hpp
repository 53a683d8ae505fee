// A SqliteReader is one read-only connection and the queries it answers. Each call is a read
// transaction of its own, so no reader keeps the writer from emptying the WAL. One thread at a
// time.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "events/event_store.hpp"
#include "events/sqlite/connection.hpp"
#include "events/sqlite/event_row.hpp"

namespace composable::host {

inline constexpr std::size_t kMaxPage = 1000;

class SqliteReader {
 public:
  static absl::StatusOr<SqliteReader> open(const std::string& path, const std::string& vfs);

  absl::StatusOr<EventPage> read_stream(std::string_view domain, std::string_view stream,
                                        std::uint64_t from_version, Direction direction,
                                        std::size_t max);
  absl::StatusOr<EventPage> read_all(std::uint64_t from_position, Direction direction,
                                     std::size_t max, const EventFilter& filter);
  // Visits a domain's events among the next kMaxPage positions and returns the position to go on
  // from; 0 at the end of the log.
  absl::StatusOr<std::uint64_t> replay_page(
      std::string_view domain, std::uint64_t from_position,
      const std::function<absl::Status(const EventStore::EventView&)>& visit);
  absl::StatusOr<std::vector<StreamInfo>> list_streams(std::string_view domain,
                                                       std::string_view prefix,
                                                       std::string_view after, std::size_t max);
  // Visits a domain's next kMaxPage streams after `after`, as they were at `position`, and moves
  // `after` on. False: there are no more.
  absl::StatusOr<bool> visit_streams(std::string_view domain, std::uint64_t position,
                                     std::string& after,
                                     const std::function<void(const StreamInfo&)>& visit);
  absl::StatusOr<StreamInfo> stream_info(std::string_view domain, std::string_view stream);
  absl::StatusOr<std::vector<StoredTimer>> load_timers(std::string_view domain);

  // For queries that are rare: reset the statement before the call ends.
  Connection& connection() { return connection_; }

 private:
  // A row of the event queries, with the names that its keys stand for.
  struct Row {
    EventRow event;
    std::string_view domain, stream, type;
  };

  explicit SqliteReader(Connection connection) : connection_(std::move(connection)) {}
  absl::Status prepare();
  absl::StatusOr<std::uint64_t> head();
  // Reads the row that `statement` is on; kDataLoss, naming the position, when its checksum is off.
  absl::Status read(const Statement& statement, Row& row) const;
  // Steps through `statement` and adds at most `max` events.
  absl::Status collect(Statement& statement, std::size_t max, std::vector<StoredEvent>& events);

  Connection connection_;
  Statement head_, stream_forward_, stream_backward_, all_forward_, all_backward_, replay_,
      list_streams_, visit_streams_, stream_info_, timers_;
};

}  // namespace composable::host
