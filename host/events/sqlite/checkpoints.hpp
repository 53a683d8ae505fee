// SqliteCheckpoints keeps the checkpoints of the SQLite store in a table of the log's file. Any
// thread: writes wait for the writer.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "events/checkpoints.hpp"
#include "events/sqlite/connection.hpp"
#include "events/sqlite/reader_pool.hpp"
#include "events/sqlite/writer.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

class SqliteCheckpoints final : public CheckpointStore {
 public:
  // All outlive this.
  SqliteCheckpoints(SqliteWriter& writer, SqliteReaderPool& readers, Clock& clock, std::size_t most)
      : writer_(writer), readers_(readers), clock_(clock), most_(most) {}

  absl::StatusOr<bool> save(const std::string& name, const Cursor& cursor) override;
  absl::StatusOr<std::optional<Checkpoint>> load(std::string_view name) override;
  absl::StatusOr<std::vector<Checkpoint>> list() override;
  absl::Status remove(const std::string& name) override;

 private:
  SqliteWriter& writer_;
  SqliteReaderPool& readers_;
  Clock& clock_;
  const std::size_t most_;
};

// The table, in the log's file or in that of a read model.
extern const char kCheckpointTable[];

// Writes inside the transaction that is open on `connection`, so that a read model's rows and its
// checkpoint are one commit. True: it moved on. The caller has checked the cursor against the log.
absl::StatusOr<bool> save_checkpoint(Connection& connection, const Checkpoint& checkpoint);

}  // namespace composable::host
