// What only the SQLite store promises: what a reopening finds, and which hosts may open which file.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "events/sqlite/event_store.hpp"
#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

TEST_F(SqliteStore, AReopeningFindsEverything) {
  auto r = request({to("order-1", Expected::kAny, 3)});
  r->timers = {timer("a", 7)};
  testing::append(*store_, std::move(r));
  const auto before = whole_log(*store_);
  open();
  const auto after = whole_log(*store_);
  ASSERT_EQ(after.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(after[i].id, before[i].id);
  EXPECT_EQ(store_->load_timers("orders")->size(), 1u);
  EXPECT_EQ(store_->stats().head, 3u);
  const AppendResult next = append(to_exactly("order-1", 3));
  EXPECT_EQ(next.code, AppendCode::kOk);
  EXPECT_EQ(next.first_position, 4u);
}

TEST_F(SqliteStore, AReopeningKnowsIdsAndTheStreamsOfEachDomain) {
  auto r = request({to("order-1", Expected::kAny)});
  auto repeat = again(*r);
  testing::append(*store_, std::move(r));
  open();
  EXPECT_EQ(testing::append(*store_, std::move(repeat)).code, AppendCode::kDuplicate);
  EXPECT_EQ(append(to_exactly("order-1", 1)).code, AppendCode::kOk);
  EXPECT_EQ(testing::append(*store_, request({to("order-1", Expected::kNone)}, "payments")).code,
            AppendCode::kOk);
  open();
  EXPECT_EQ(store_->stream_info("orders", "order-1")->version, 2u);
  EXPECT_EQ(store_->stream_info("payments", "order-1")->version, 1u);
  EXPECT_EQ(testing::append(*store_, request({to_exactly("order-1", 1)}, "payments")).code,
            AppendCode::kOk);
}

TEST_F(SqliteStore, TheEpochStaysOverAReopening) {
  const Uuid epoch = store_->epoch();
  open();
  EXPECT_EQ(store_->epoch(), epoch);
}

TEST_F(SqliteStore, TwoLogsHaveDifferentEpochs) {
  auto other = open_sqlite(directory_.file("other.db"));
  EXPECT_NE(other->epoch(), store_->epoch());
}

TEST_F(SqliteStore, ASecondHostOnTheFileIsRefusedAndToldWhoHoldsIt) {
  const absl::Status status = opening();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), path_ + ".lock: held by another host, process " +
                                  std::to_string(::getpid()) +
                                  "; stop it, or give this one another data directory");
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
  store_.reset();
  EXPECT_TRUE(opening().ok());
}

TEST_F(SqliteStore, AFileOfANewerHostIsRefused) {
  tamper("UPDATE meta SET value = 4 WHERE key = 'schema_version'");
  const absl::Status status = opening();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            path_ +
                ": written by a newer host, found schema_version 4, this host knows 3; run the "
                "newer host, or restore a backup that this one made");
}

TEST_F(SqliteStore, ADatabaseOfAnotherProgramIsRefused) {
  const std::string path = directory_.file("notes.db");
  ASSERT_TRUE(Connection::open(path, Connection::Mode::kWrite, "")
                  ->execute("CREATE TABLE notes(text)")
                  .ok());
  const absl::Status status = SqliteEventStore::open(path, {}, system_clock()).status();
  EXPECT_NE(status.message().find("a database of another program"), std::string::npos);
}

TEST_F(SqliteStore, AFileThatIsNoDatabaseIsRefused) {
  const std::string path = directory_.file("letter.db");
  std::ofstream(path) << std::string(5000, 'x');
  const absl::Status status = SqliteEventStore::open(path, {}, system_clock()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("file is not a database"), std::string::npos);
  EXPECT_NE(status.message().find("restore a backup"), std::string::npos);
}

TEST_F(SqliteStore, AMissingDirectoryIsNamed) {
  const std::string path = directory_.file("missing/events.db");
  const absl::Status status = SqliteEventStore::open(path, {}, system_clock()).status();
  EXPECT_EQ(status.message(), path +
                                  ".lock: cannot be opened: No such file or directory; check the "
                                  "directory and its rights");
}

TEST_F(SqliteStore, FilesAreReadableToTheirOwnerOnly) {
  append(to("order-1", Expected::kAny));
  for (const char* suffix : {"", "-wal", "-shm", ".lock", ".head"}) {
    struct stat info {};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteStore, DamagedDataIsNoticedOnReadingAndItsPositionNamed) {
  append(to("order-1", Expected::kAny, 3));
  tamper("UPDATE event SET data = replace(data, '1', '7') WHERE pos = 2");
  open();
  const auto page = store_->read_all(1, Direction::kForward, 10, {});
  EXPECT_EQ(page.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(page.status().message().find(path_ + ": the event at position 2 is damaged"),
            std::string::npos)
      << page.status();
  EXPECT_FALSE(store_->read_stream("orders", "order-1", 1, Direction::kForward, 10).ok());
  EXPECT_TRUE(store_->read_all(3, Direction::kForward, 10, {}).ok());
}

TEST_F(SqliteStore, DamageOfAnyFieldIsNoticed) {
  for (const char* field : {"id = randomblob(16)", "ts = ts + 1", "correlation = randomblob(16)",
                            "cause = randomblob(16)", "actor = 'mallory'", "traceparent = 'x'",
                            "ver = ver + 1", "tid = tid + 1", "crc = crc + 1"}) {
    append(to("order-1", Expected::kAny));
    append(to("order-1", Expected::kAny, 1, "Other"));
    const std::uint64_t position = store_->stats().head;
    tamper(("UPDATE event SET " + std::string(field) +
            " WHERE pos = " + std::to_string(position - (field[0] == 't' && field[1] == 'i')))
               .c_str());
    open();
    EXPECT_FALSE(store_->read_all(1, Direction::kForward, 10, {}).ok()) << field;
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm", ".head"}) {
      std::filesystem::remove(path_ + suffix);
    }
    open();
  }
}

TEST_F(SqliteStore, ARareTypeIsFoundBeyondOneWindow) {
  for (int i = 0; i < 6; ++i) append(to("order-1", Expected::kAny, 4096));
  append(to("order-1", Expected::kAny, 1, "Rare"));
  std::uint64_t from = 1;
  std::vector<StoredEvent> found;
  bool more = true;
  while (more) {
    auto page = store_->read_all(from, Direction::kForward, 10, {"", "Rare"});
    for (StoredEvent& event : page->events) found.push_back(std::move(event));
    from = page->next;
    more = page->more;
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].position, 6 * 4096 + 1u);
}

TEST_F(SqliteStore, ReadersDoNotWrite) {
  auto connection = Connection::open(path_, Connection::Mode::kRead, "");
  EXPECT_FALSE(connection->execute("DELETE FROM meta").ok());
}

}  // namespace
}  // namespace composable::host::testing
