// A SqliteLog is the writing connection: its transactions, and the proof after each that the WAL
// holds what was written. One object is one opening of the file; after any failure it is discarded
// and the file is opened anew. The writer's thread only.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "events/sqlite/connection.hpp"
#include "events/sqlite/log_head.hpp"
#include "events/sqlite/log_tables.hpp"
#include "events/sqlite/options.hpp"
#include "events/sqlite/proof.hpp"
#include "events/sqlite/wal.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

class SqliteLog {
 public:
  // On success everything that the log shows is durable, and nothing that it does not show can come
  // back: the WAL is copied into the file, emptied, and begun anew by a synced commit. So what an
  // earlier opening left in doubt (a failed sync, a killed host) is decided from here on. Before
  // that the log is compared with what was acknowledged: with `proof`, the log is checked whole and
  // `proof` is filled; without it, after a failure, the epoch and the end are compared.
  static absl::StatusOr<std::unique_ptr<SqliteLog>> open(
      const std::string& path, const SqliteStoreOptions& options, Clock& clock,
      const std::optional<LogHead::Known>& acknowledged, LogProof* proof);

  LogTables& tables() { return tables_; }  // to be written between begin() and commit()

  // Holds the write lock when it returns OK. A lost log (see is_lost) when another program changed
  // it so that acknowledged events are missing, or cut the WAL.
  absl::Status begin();
  absl::Status roll_back() { return connection_.execute("ROLLBACK"); }
  // Durable when it returns OK: synced, and nothing is missing before it. A failure leaves the
  // outcome open, unless `rolled_back` says that it was not committed and cannot come back.
  absl::Status commit();
  bool rolled_back() const { return rolled_back_; }
  // Whether the WAL still holds all that only it has.
  absl::Status check_wal();
  // Bytes that the data file has at least, from begin() on.
  std::int64_t needed_data_bytes() const { return needed_data_bytes_; }

  std::uint64_t head() const {
    return tables_.head();
  }  // the last position, uncommitted ones included
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
  absl::Status begin_wal_anew(bool may_leave_it);
  absl::Status check_against(const std::optional<LogHead::Known>& acknowledged, LogProof* proof,
                             const OpenProgress& progress);
  absl::Status check_what_others_did();
  absl::Status check_frames(const WalState& state, std::uint32_t first);
  absl::Status run_commit();
  void note_place();

  Connection connection_;
  LogTables tables_;
  Statement begin_, commit_;
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
