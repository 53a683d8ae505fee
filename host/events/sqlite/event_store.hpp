// A SqliteEventStore is the embedded log: one SQLite file in WAL mode, one writer, a few readers,
// an exclusive lock.
#pragma once
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "events/event_store.hpp"
#include "events/sqlite/checkpoints.hpp"
#include "events/sqlite/dead_letters.hpp"
#include "events/sqlite/lock_file.hpp"
#include "events/sqlite/options.hpp"
#include "events/sqlite/reader_pool.hpp"
#include "events/sqlite/snapshots.hpp"
#include "events/sqlite/writer.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

class SqliteEventStore final : public EventStore {
 public:
  // Creates the file, not its directory. Refused when another host has it, when a newer host wrote
  // it, when it is not an event log, or when the log is not whole. Damage that concerns some
  // domains only refuses these: their replay is DataLoss, and their appends are kUnavailable.
  static absl::StatusOr<std::unique_ptr<SqliteEventStore>> open(const std::string& path,
                                                                const SqliteStoreOptions& options,
                                                                Clock& clock);
  ~SqliteEventStore() override;

  void append(std::unique_ptr<AppendRequest> request, AppendListener& listener) override;
  absl::StatusOr<EventPage> read_stream(std::string_view domain, std::string_view stream,
                                        std::uint64_t from_version, Direction direction,
                                        std::size_t max) override;
  absl::StatusOr<EventPage> read_all(std::uint64_t from_position, Direction direction,
                                     std::size_t max, const EventFilter& filter) override;
  // The visitor may be slow: between pages of 1,000 positions no transaction is open.
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
  CommitSignal& commits() override { return writer_.commits(); }
  Uuid epoch() const override { return writer_.epoch(); }
  EventStoreStats stats() override { return writer_.stats(); }
  absl::Status try_to_write(std::size_t bytes) override { return writer_.try_to_write(bytes); }
  absl::Status health() override { return writer_.health(); }
  absl::Status backup(const std::string& path) override;
  void shutdown() override { writer_.stop(); }
  const LogProof& proof() const { return proof_; }  // of the opening

 private:
  SqliteEventStore(LockFile lock, const std::string& path, const SqliteStoreOptions& options,
                   Clock& clock);

  LockFile lock_;  // released last
  const std::string path_, vfs_;
  SqliteReaderPool readers_;
  SqliteWriter writer_;
  SqliteSnapshots snapshots_;
  SqliteCheckpoints checkpoints_;
  SqliteDeadLetters dead_letters_;
  LogProof proof_;  // does not change after open
};

}  // namespace composable::host
