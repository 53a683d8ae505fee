// SqliteSnapshots keeps the snapshots of the SQLite store in the log's own file, so a restored
// copy of the log has matching snapshots. A snapshot is written in parts, each a short
// transaction, so that appends do not wait for all of it. It is valid once the last part is
// written. Any thread.
#pragma once
#include <string>
#include <vector>

#include "events/snapshots.hpp"
#include "events/sqlite/reader_pool.hpp"
#include "events/sqlite/writer.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

extern const char kSnapshotTables[];

class SqliteSnapshots final : public SnapshotStore {
 public:
  // All outlive this.
  SqliteSnapshots(SqliteWriter& writer, SqliteReaderPool& readers, Clock& clock)
      : writer_(writer), readers_(readers), clock_(clock) {}

  absl::StatusOr<bool> save(const std::string& domain, const std::string& schema,
                            std::uint64_t position, std::string_view data) override;
  absl::StatusOr<SnapshotFound> load(std::string_view domain, std::string_view schema) override;
  absl::StatusOr<std::vector<SnapshotInfo>> list(std::string_view domain) override;
  absl::Status remove(const std::string& domain) override;

 private:
  // Makes the row that the parts belong to; 0: a newer one is there.
  absl::StatusOr<std::int64_t> begin(const SnapshotInfo& info, std::string_view data);
  absl::Status write_parts(std::int64_t number, std::string_view data);
  // From here on load() finds it instead of the one that it replaces.
  absl::Status publish(std::int64_t number, const SnapshotInfo& info);
  // Deletes incomplete snapshots, some parts at a time.
  absl::Status sweep();

  SqliteWriter& writer_;
  SqliteReaderPool& readers_;
  Clock& clock_;
  Mutex changing_;  // one save or removal at a time, so that an incomplete snapshot is never in use
};

}  // namespace composable::host
