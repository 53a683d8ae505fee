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
#include "events/sqlite/connection.hpp"
#include "events/sqlite/log_head.hpp"
#include "events/sqlite/options.hpp"
#include "events/sqlite/proof.hpp"
#include "events/sqlite/stream_versions.hpp"
#include "events/sqlite/wal.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

class SqliteLog final : public LogIndex {
 public:
  // On success everything that the log shows is durable, and nothing that it does not show can come
  // back: the WAL is copied into the file, emptied, and begun anew by a synced commit. So what an
  // earlier opening left in doubt (a failed sync, a killed host) is settled from here on.
  // Before that it is compared with what was acknowledged: `proof`, when it is given, takes the
  // proof that the log is whole; without it, after a failure, the epoch and the end are compared.
  static absl::StatusOr<std::unique_ptr<SqliteLog>> open(
      const std::string& path, const SqliteStoreOptions& options, Clock& clock,
      const std::optional<LogHead::Known>& acknowledged, LogProof* proof);

  absl::StatusOr<StreamHead*> stream(const std::string& domain, const std::string& name) override;
  absl::StatusOr<std::optional<EventPlace>> event(const Uuid& id) override;

  // Holds the write lock when it returns OK. A lost log (see is_lost) when another program changed
  // it so that acknowledged events are missing, or cut the WAL.
  absl::Status begin();
  absl::Status roll_back() { return connection_.execute("ROLLBACK"); }
  // Writes a request that the rules allow and fills its positions and versions.
  absl::Status write(AppendRequest& request);
  // Removes up to `most` of a stream's events below version `before`; `more` when some are left.
  // `refused` when there is no such stream.
  absl::Status truncate(const std::string& domain, const std::string& stream, std::uint64_t before,
                        std::uint64_t most, bool& more, absl::Status& refused);
  // From here on appends to the stream are refused; its events are still there.
  absl::Status close_stream(const std::string& domain, const std::string& stream,
                            absl::Status& refused);
  // Durable when it returns OK: synced, and nothing is missing before it. A failure leaves the
  // outcome open, unless `rolled_back` says that it was not committed and cannot come back.
  absl::Status commit();
  bool rolled_back() const { return rolled_back_; }
  // Whether the WAL still holds all that only it has.
  absl::Status check_wal();
  // Bytes that the data file has at least, from begin() on.
  std::int64_t needed_data_bytes() const { return needed_data_bytes_; }

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
  absl::Status begin_wal_anew(bool may_leave_it);
  absl::Status check_against(const std::optional<LogHead::Known>& acknowledged, LogProof* proof,
                             const OpenProgress& progress);
  absl::Status check_what_others_did();
  absl::Status check_frames(const WalState& state, std::uint32_t first);
  absl::Status run_commit();
  void note_place();
  absl::Status add_stream(const std::string& domain, const std::string& name, StreamHead& head);
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

  std::uint32_t own_frames_ = 0;   // of the WAL, after the last commit of this connection
  WalState before_;                // at begin()
  std::optional<WalState> place_;  // where this connection left the WAL; none: look closer
  std::int64_t needed_data_bytes_ = 0;
  std::uint64_t copied_head_ = 0;  // events up to here are in the data file
  bool rolled_back_ = false;
};

// What cannot be repaired while the host runs: acknowledged events are missing, or may be. Nothing
// may be appended or copied any more.
absl::Status lost_log(std::string message);
bool is_lost(const absl::Status& status);

}  // namespace composable::host
