// What is kept beside the log in the SQLite store: it is durable when the call returns, it survives
// what happens in the middle of it, and a bad snapshot is never taken.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "events/subscription.hpp"
#include "fault_vfs.hpp"
#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

class SqliteKept : public SqliteStore {
 protected:
  SqliteKept() { append(to("order-1", Expected::kAny, 5)); }
  SnapshotFound load(std::string_view schema = "v1") {
    return *store_->snapshots().load("orders", schema);
  }
  bool save(std::uint64_t position, std::string_view data, std::string schema = "v1") {
    return *store_->snapshots().save("orders", schema, position, data);
  }
  std::int64_t count(const char* sql) {
    return *Connection::open(path_, Connection::Mode::kRead, "")->integer(sql);
  }
};

DeadLetter a_letter() {
  DeadLetter letter;
  letter.id = new_id();
  letter.source = "sums";
  return letter;
}

TEST_F(SqliteKept, AReopeningFindsAllOfIt) {
  const DeadLetter letter = a_letter();
  EXPECT_TRUE(save(3, "state"));
  EXPECT_TRUE(*store_->checkpoints().save("sums", {store_->epoch(), 4, {}}));
  EXPECT_TRUE(store_->dead_letters().put(letter).ok());
  EXPECT_TRUE(store_->truncate_stream("orders", "order-1", 3).ok());
  append(to("order-2", Expected::kAny));
  EXPECT_TRUE(store_->delete_stream("orders", "order-2").ok());
  open();
  EXPECT_EQ(load().snapshot->data, "state");
  EXPECT_EQ((*store_->checkpoints().load("sums"))->cursor.position, 4u);
  EXPECT_TRUE(store_->dead_letters().find(letter.id)->has_value());
  EXPECT_EQ(store_->stream_info("orders", "order-1")->first_version, 3u);
  EXPECT_EQ(whole_log(*store_).size(), 3u);
  EXPECT_EQ(append(to("order-2", Expected::kAny)).code, AppendCode::kDeleted);
  EXPECT_EQ(store_->stats().head, 6u);
  EXPECT_EQ(append(to("order-3", Expected::kAny)).first_position, 7u);
}

TEST_F(SqliteKept, ABackupHasItTooAndItsCheckpointsAreOfTheOldEpoch) {
  EXPECT_TRUE(save(3, "state"));
  EXPECT_TRUE(*store_->checkpoints().save("sums", {store_->epoch(), 4, {}}));
  EXPECT_TRUE(store_->truncate_stream("orders", "order-1", 3).ok());
  ASSERT_TRUE(store_->backup(directory_.file("copy.db")).ok());
  auto copy = open_sqlite(directory_.file("copy.db"));
  EXPECT_EQ(copy->snapshots().load("orders", "v1")->snapshot->data, "state");
  EXPECT_EQ(whole_log(*copy).size(), 3u);
  SubscriptionOptions options;
  options.from = From::saved("sums");
  auto subscription = Subscription::open(*copy, options);
  const auto next = (*subscription)->next(absl::ZeroDuration());
  EXPECT_TRUE(std::holds_alternative<EpochChanged>(**next));
  EXPECT_TRUE(*copy->checkpoints().save("sums", {copy->epoch(), 1, {}}));  // begun anew
}

TEST_F(SqliteKept, RemovedEventsAreGoneFromTheFile) {
  StreamAppend s = to("order-9", Expected::kNone);
  s.events[0].data = "a secret";
  append(std::move(s));
  EXPECT_TRUE(store_->truncate_stream("orders", "order-9", 2).ok());
  EXPECT_EQ(count("SELECT count(*) FROM event WHERE instr(data, 'a secret')"), 0);
  ASSERT_TRUE(store_->backup(directory_.file("copy.db")).ok());
  std::ifstream file(directory_.file("copy.db"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(bytes.find("a secret"), std::string::npos);
}

TEST_F(SqliteKept, ADamagedSnapshotIsIgnoredAndSaid) {
  EXPECT_TRUE(save(3, "state"));
  tamper("UPDATE snapshot_part SET data = replace(data, 'state', 'stale')");
  open();
  const SnapshotFound found = load();
  EXPECT_FALSE(found.snapshot.has_value());
  EXPECT_NE(found.ignored.find("snapshot of orders: it is damaged, found 5 bytes with crc32c "),
            std::string::npos)
      << found.ignored;
  EXPECT_TRUE(save(4, "whole"));
  EXPECT_EQ(load().snapshot->data, "whole");
}

TEST_F(SqliteKept, DamageOfAnyFieldOrPartOfASnapshotIsNoticed) {
  const std::string large(1'000'000, 'x');
  for (const char* damage :
       {"UPDATE snapshot SET pos = pos - 1", "UPDATE snapshot SET size = size + 1",
        "UPDATE snapshot SET crc = crc + 1", "UPDATE snapshot SET schema = 'v2'",
        "DELETE FROM snapshot_part WHERE part = 2",
        "UPDATE snapshot_part SET part = 9 WHERE part = 0", "DELETE FROM snapshot_part"}) {
    EXPECT_TRUE(store_->snapshots().remove("orders").ok());
    std::string data = large;
    data[0] = 'y';
    EXPECT_TRUE(save(3, data));
    tamper(damage);
    open();
    for (const char* schema : {"v1", "v2"}) EXPECT_FALSE(load(schema).snapshot) << damage;
  }
}

TEST_F(SqliteKept, ASnapshotBeyondTheEndOfTheLogIsIgnoredAndReplaced) {
  EXPECT_TRUE(save(3, "state"));
  tamper("UPDATE snapshot SET pos = 6");
  open();
  EXPECT_EQ(load().ignored,
            "snapshot of orders: it is of position 6, the log ends at 5; it is ignored, the domain "
            "replays from the beginning");
  EXPECT_TRUE(save(2, "mine"));
  EXPECT_EQ(load().snapshot->data, "mine");
}

TEST_F(SqliteKept, NothingOfAReplacedSnapshotIsLeftInTheFile) {
  for (std::uint64_t p = 1; p <= 5; ++p) EXPECT_TRUE(save(p, std::string(1'000'000, 'x')));
  EXPECT_EQ(count("SELECT count(*) FROM snapshot"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM snapshot_part"), 4);
}

TEST_F(SqliteKept, AnUnfinishedSnapshotIsNotSeenAndIsSweptAway) {
  EXPECT_TRUE(save(2, "before"));
  tamper(
      "INSERT INTO snapshot(number, domain, schema, pos, size, saved, crc, whole)"
      " VALUES(99, 'orders', 'v1', 4, 9, 0, 0, 0);"
      "INSERT INTO snapshot_part VALUES(99, 0, 'half')");
  open();
  EXPECT_EQ(load().snapshot->data, "before");
  EXPECT_TRUE(save(3, "after"));
  EXPECT_EQ(count("SELECT count(*) FROM snapshot_part"), 1);
}

TEST_F(SqliteKept, AskingTheWriterFromItsOwnThreadIsRefused) {
  class Asks final : public AppendListener {
   public:
    explicit Asks(EventStore& store) : store_(store) {}
    void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {
      status_ = store_.truncate_stream("orders", "order-1", 2);
    }
    EventStore& store_;
    absl::Status status_;
  } asks(*store_);
  store_->append(request({to("order-1", Expected::kAny)}), asks);
  store_->shutdown();
  EXPECT_EQ(asks.status_.message(),
            path_ + ": the writer's thread cannot wait for itself; ask on another thread");
}

TEST_F(SqliteKept, AfterTheShutdownItIsRefused) {
  store_->shutdown();
  EXPECT_EQ(store_->checkpoints().save("sums", {store_->epoch(), 1, {}}).status().message(),
            path_ + ": the store is shutting down");
  EXPECT_FALSE(store_->truncate_stream("orders", "order-1", 2).ok());
}

TEST_F(SqliteKept, AnAppendPaysNoPageForIt) {
  append(to("order-1", Expected::kAny));
  const auto before = std::filesystem::file_size(path_ + "-wal");
  for (int i = 0; i < 10; ++i) append(to("order-1", Expected::kAny));
  // One page for each of the table, its two indices: what an append has always cost.
  EXPECT_LE(std::filesystem::file_size(path_ + "-wal") - before, 10u * 3 * (4096 + 24));
}

// What a call has returned is there after a power cut. `lost`: how many cuts lost something.
int lost_after_power_cuts(Synchronous synchronous) {
  int lost = 0;
  TempDirectory directory;
  FaultVfs vfs;
  SqliteStoreOptions options;
  options.vfs = vfs.name();
  options.synchronous = synchronous;
  auto store = open_sqlite(directory.file("events.db"), options);
  append(*store, request({to("order-1", Expected::kNone, 5), to("order-2", Expected::kNone)}));
  const DeadLetter letter = a_letter();
  EXPECT_TRUE(store->snapshots().save("orders", "v1", 3, std::string(600'000, 's')).ok());
  EXPECT_TRUE(store->checkpoints().save("sums", {store->epoch(), 4, {}}).ok());
  EXPECT_TRUE(store->dead_letters().put(letter).ok());
  EXPECT_TRUE(store->truncate_stream("orders", "order-1", 3).ok());
  EXPECT_TRUE(store->delete_stream("orders", "order-2").ok());
  vfs.cut_power();
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    TempDirectory remains;
    vfs.write_remains(remains.path(), seed);
    auto found = SqliteEventStore::open(remains.file("events.db"), {}, system_clock());
    if (!found.ok()) {
      ++lost;
      continue;
    }
    EventStore& after = **found;
    const auto snapshot = after.snapshots().load("orders", "v1");
    const auto checkpoint = after.checkpoints().load("sums");
    const bool all = snapshot->snapshot && snapshot->snapshot->data.size() == 600'000u &&
                     checkpoint->has_value() && (*checkpoint)->cursor.position == 4 &&
                     after.dead_letters().find(letter.id)->has_value() &&
                     after.stream_info("orders", "order-1")->first_version == 3 &&
                     after.stream_info("orders", "order-2")->deleted;
    lost += all ? 0 : 1;
  }
  return lost;
}

TEST(SqliteKeptPowerCut, LosesNothingThatReturned) {
  EXPECT_EQ(lost_after_power_cuts(Synchronous::kFull), 0);
}

TEST(SqliteKeptPowerCut, LosesItWhenCommitsAreNotSynced) {
  EXPECT_GT(lost_after_power_cuts(Synchronous::kNormal), 0);
}

TEST(SqliteKeptFault, AFailedWriteIsAnErrorAndTheStoreGoesOn) {
  TempDirectory directory;
  FaultVfs vfs;
  SqliteStoreOptions options;
  options.vfs = vfs.name();
  auto store = open_sqlite(directory.file("events.db"), options);
  append(*store, request({to("order-1", Expected::kNone, 5)}));
  std::uint64_t before = 1;
  for (const auto operation : {FaultVfs::Operation::kWrite, FaultVfs::Operation::kSync}) {
    before += 2;
    vfs.fail(operation, "-wal", 1, SQLITE_IOERR_WRITE);
    EXPECT_FALSE(store->checkpoints().save("sums", {store->epoch(), 1, {}}).ok());
    EXPECT_TRUE(store->health().ok());
    EXPECT_EQ(append(*store, request({to("order-1", Expected::kAny)})).code, AppendCode::kOk);
    vfs.fail(operation, "-wal", 1, SQLITE_IOERR_WRITE);
    EXPECT_FALSE(store->truncate_stream("orders", "order-1", before).ok());
    const std::uint64_t first = store->stream_info("orders", "order-1")->first_version;
    EXPECT_EQ(store->read_stream("orders", "order-1", 1, Direction::kForward, 1)->events[0].version,
              first);
    EXPECT_TRUE(store->truncate_stream("orders", "order-1", before).ok());
  }
  EXPECT_EQ(store->stream_info("orders", "order-1")->first_version, 5u);
}

}  // namespace
}  // namespace composable::host::testing
