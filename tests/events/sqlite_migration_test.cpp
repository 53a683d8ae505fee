// A file that a host of version 1 made, opened by this one.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "events/subscription.hpp"
#include "fault_vfs.hpp"
#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

// As version 1 had them, word for word.
constexpr char kVersion1[] = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE type(tid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE stream(
  sid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  domain TEXT NOT NULL,
  created INTEGER NOT NULL);
CREATE TABLE event(
  pos INTEGER PRIMARY KEY,
  sid INTEGER NOT NULL REFERENCES stream(sid),
  ver INTEGER NOT NULL,
  id BLOB NOT NULL,
  tid INTEGER NOT NULL REFERENCES type(tid),
  ts INTEGER NOT NULL,
  correlation BLOB,
  cause BLOB,
  actor TEXT,
  traceparent TEXT,
  data BLOB NOT NULL,
  crc INTEGER NOT NULL,
  UNIQUE(sid, ver),
  UNIQUE(id));
CREATE TABLE timer(
  domain TEXT NOT NULL,
  key TEXT NOT NULL,
  due INTEGER NOT NULL,
  action_type TEXT NOT NULL,
  data BLOB NOT NULL,
  correlation BLOB,
  cause BLOB,
  actor TEXT,
  traceparent TEXT,
  PRIMARY KEY(domain, key));
CREATE INDEX timer_by_due ON timer(domain, due, key);
)sql";

constexpr char kRows[] =
    "INSERT INTO meta SELECT * FROM new.meta; UPDATE meta SET value = 1 WHERE key ="
    " 'schema_version'; INSERT INTO type SELECT * FROM new.type;"
    "INSERT INTO stream SELECT sid, name, domain, created FROM new.stream;"
    "INSERT INTO event SELECT * FROM new.event; INSERT INTO timer SELECT * FROM new.timer;";

class Migration : public ::testing::Test {
 protected:
  Migration() {
    const std::string source = directory_.file("source.db");
    {
      auto store = open_sqlite(source);
      auto r = request({to("order-1", Expected::kNone, 5), to("order-2", Expected::kNone, 3)});
      r->timers = {timer("a", 7)};
      first_ = again(*r);
      testing::append(*store, std::move(r));
      epoch_ = store->epoch();
    }
    auto old = Connection::open(path_, Connection::Mode::kWrite, "");
    const std::string attach = "ATTACH '" + source + "' AS new";
    for (const char* sql : {"PRAGMA journal_mode=WAL", kVersion1, attach.c_str(), kRows}) {
      const absl::Status status = old->execute(sql);
      EXPECT_TRUE(status.ok()) << status;
    }
  }
  static std::int64_t version(const std::string& path) {
    auto connection = Connection::open(path, Connection::Mode::kRead, "");
    return *connection->integer("SELECT value FROM meta WHERE key = 'schema_version'");
  }
  // Everything of version 1 is there, and everything of version 2 works.
  void expect_whole(EventStore& store) {
    EXPECT_EQ(store.epoch(), epoch_);
    EXPECT_EQ(whole_log(store).size(), 8u);
    EXPECT_EQ(store.load_timers("orders")->size(), 1u);
    EXPECT_EQ(store.stream_info("order-1")->version, 5u);
    EXPECT_EQ(store.stream_info("order-1")->first_version, 1u);
    EXPECT_EQ(testing::append(store, again(*first_)).code, AppendCode::kDuplicate);
  }

  TempDirectory directory_;
  std::string path_ = directory_.file("events.db");
  std::unique_ptr<AppendRequest> first_;
  Uuid epoch_;
};

TEST_F(Migration, AFileOfVersion1IsUpgradedInPlaceAndEverythingIsThere) {
  ASSERT_EQ(version(path_), 1);
  auto store = open_sqlite(path_);
  ASSERT_NE(store, nullptr);
  expect_whole(*store);
  EXPECT_EQ(version(path_), 2);
  EXPECT_TRUE(*store->snapshots().save("orders", "v1", 8, "state"));
  EXPECT_TRUE(*store->checkpoints().save("sums", {epoch_, 8, {}}));
  EXPECT_EQ(store->dead_letters().counts()->parked, 0u);
  EXPECT_TRUE(store->truncate_stream("order-1", 3).ok());
  EXPECT_EQ(testing::append(*store, request({to_exactly("order-1", 5)})).first_position, 9u);
}

TEST_F(Migration, AnUpgradedFileIsTheSameAsANewOne) {
  open_sqlite(path_).reset();
  open_sqlite(directory_.file("new.db")).reset();
  const auto schema = [](const std::string& path) {
    auto connection = Connection::open(path, Connection::Mode::kRead, "");
    auto statement = connection->prepare(
        "SELECT group_concat(name || ':' || ifnull(sql, ''), ';') FROM"
        " (SELECT name, sql FROM sqlite_schema ORDER BY name)");
    EXPECT_TRUE(*statement->step());
    return std::string(statement->bytes(0));
  };
  EXPECT_EQ(schema(path_), schema(directory_.file("new.db")));
}

TEST_F(Migration, AFailedUpgradeLeavesVersion1AndTheNextOneWorks) {
  for (const auto operation : {FaultVfs::Operation::kWrite, FaultVfs::Operation::kSync}) {
    FaultVfs vfs;
    SqliteStoreOptions options;
    options.vfs = vfs.name();
    vfs.fail(operation, "-wal", 1, SQLITE_IOERR_WRITE);
    EXPECT_FALSE(SqliteEventStore::open(path_, options, system_clock()).ok());
    EXPECT_EQ(vfs.failures(), 1);
    const bool untouched = operation == FaultVfs::Operation::kWrite;
    EXPECT_TRUE(!untouched || version(path_) == 1);
  }
  auto store = open_sqlite(path_);
  ASSERT_NE(store, nullptr);
  expect_whole(*store);
}

TEST_F(Migration, APowerCutAnywhereInItLeavesOneVersionOrTheOther) {
  int old_ones = 0, new_ones = 0;
  for (int operations = 1; operations <= 40; ++operations) {
    TempDirectory work;
    const std::string copy = work.file("events.db");
    std::filesystem::copy(path_, copy);
    FaultVfs vfs;
    SqliteStoreOptions options;
    options.vfs = vfs.name();
    vfs.cut_power_after(operations, [] {});
    auto store = SqliteEventStore::open(copy, options, system_clock());
    ASSERT_TRUE(store.ok()) << store.status();
    if (!vfs.cut()) vfs.cut_power();
    TempDirectory remains;
    vfs.write_remains(remains.path(), static_cast<std::uint64_t>(operations));
    const std::string found = remains.file("events.db");
    // Reading needs a WAL that was recovered, which only a writing connection does.
    {
      auto connection = Connection::open(found, Connection::Mode::kWrite, "");
      const auto value = connection->integer("SELECT value FROM meta WHERE key = 'schema_version'");
      ASSERT_TRUE(value.ok()) << value.status();
      ++(*value == 1 ? old_ones : new_ones);
    }
    auto again = open_sqlite(found);
    ASSERT_NE(again, nullptr);
    expect_whole(*again);
  }
  EXPECT_GT(old_ones, 0);
  EXPECT_GT(new_ones, 0);
}

}  // namespace
}  // namespace composable::host::testing
