// Files that hosts of versions 1 and 2 made, opened by this one.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

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

// What version 2 added, word for word.
constexpr char kVersion2[] = R"sql(
ALTER TABLE stream ADD COLUMN first INTEGER NOT NULL DEFAULT 1;
ALTER TABLE stream ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
CREATE TABLE checkpoint(
  name TEXT PRIMARY KEY,
  epoch BLOB NOT NULL,
  pos INTEGER NOT NULL,
  event_id BLOB,
  saved INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE snapshot(
  number INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,
  schema TEXT NOT NULL,
  pos INTEGER NOT NULL,
  size INTEGER NOT NULL,
  saved INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  whole INTEGER NOT NULL);
CREATE INDEX snapshot_by_domain ON snapshot(domain, pos);
CREATE TABLE snapshot_part(
  number INTEGER NOT NULL,
  part INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY(number, part));
CREATE TABLE dead_letter(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  source TEXT NOT NULL,
  pos INTEGER NOT NULL,
  ver INTEGER NOT NULL,
  stream TEXT NOT NULL,
  event_id BLOB,
  payload BLOB NOT NULL,
  error_class TEXT NOT NULL,
  error_message TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '');
CREATE INDEX dead_letter_by_status ON dead_letter(status, first_at);
)sql";

constexpr char kRowsOfVersion1[] =
    "INSERT INTO meta SELECT * FROM new.meta; UPDATE meta SET value = 1 WHERE key ="
    " 'schema_version'; INSERT INTO type SELECT * FROM new.type;"
    "INSERT INTO stream(sid, name, domain, created) SELECT sid, name, domain, created FROM"
    " new.stream;"
    "INSERT INTO event SELECT pos, sid, ver, id, tid, ts, correlation, cause, actor, traceparent,"
    " data, crc FROM new.event; INSERT INTO timer SELECT * FROM new.timer;";
constexpr char kRowsOfVersion2[] =
    "UPDATE meta SET value = 2 WHERE key = 'schema_version';"
    "UPDATE stream SET (first, deleted) = (SELECT first, deleted FROM new.stream AS n WHERE"
    " n.sid = stream.sid);"
    "INSERT INTO checkpoint SELECT * FROM new.checkpoint;"
    "INSERT INTO snapshot SELECT * FROM new.snapshot;"
    "INSERT INTO snapshot_part SELECT * FROM new.snapshot_part;"
    "INSERT INTO dead_letter SELECT * FROM new.dead_letter;";

class Migration : public ::testing::TestWithParam<int> {
 protected:
  Migration() {
    const std::string source = directory_.file("source.db");
    fill(source);
    auto old = Connection::open(path_, Connection::Mode::kWrite, "");
    const std::string attach = "ATTACH '" + source + "' AS new";
    std::vector<const char*> steps = {"PRAGMA journal_mode=WAL", kVersion1, attach.c_str(),
                                      kRowsOfVersion1};
    if (is_of_version_2()) steps.insert(steps.end(), {kVersion2, kRowsOfVersion2});
    for (const char* sql : steps) {
      const absl::Status status = old->execute(sql);
      EXPECT_TRUE(status.ok()) << status;
    }
    old_schema_ = schema(path_);
  }
  bool is_of_version_2() const { return GetParam() == 2; }

  // Of two domains, 12 events: a host of version 2 may also have removed some, and kept things
  // beside the log.
  void fill(const std::string& path) {
    auto store = open_sqlite(path);
    auto r = request({to("order-1", Expected::kNone, 5), to("order-2", Expected::kNone, 3)});
    r->timers = {timer("a", 7)};
    r->meta.actor = "ann";
    first_ = again(*r);
    testing::append(*store, std::move(r));
    testing::append(*store, request({to("pay-1", Expected::kNone, 2, "Paid")}, "payments"));
    testing::append(*store, request({to("gone", Expected::kNone, 2)}, "payments"));
    epoch_ = store->epoch();
    if (!is_of_version_2()) return;
    EXPECT_TRUE(store->truncate_stream("orders", "order-2", 3).ok());
    EXPECT_TRUE(store->delete_stream("payments", "gone").ok());
    EXPECT_TRUE(*store->snapshots().save("orders", "v1", 8, "state"));
    EXPECT_TRUE(*store->checkpoints().save("sums", {epoch_, 8, {}}));
    letter_.id = new_id();
    letter_.source = "sums";
    EXPECT_TRUE(store->dead_letters().put(letter_).ok());
  }
  static std::int64_t version(const std::string& path, Connection::Mode mode) {
    auto connection = Connection::open(path, mode, "");
    return *connection->integer("SELECT value FROM meta WHERE key = 'schema_version'");
  }
  static std::string schema(const std::string& path) {
    auto connection = Connection::open(path, Connection::Mode::kWrite, "");
    auto statement = connection->prepare(
        "SELECT group_concat(name || ':' || ifnull(sql, ''), ';') FROM"
        " (SELECT name, sql FROM sqlite_schema ORDER BY name)");
    EXPECT_TRUE(*statement->step());
    return std::string(statement->bytes(0));
  }
  // Everything of the old version is there, and proved to be whole.
  void expect_whole(SqliteEventStore& store) {
    EXPECT_EQ(store.epoch(), epoch_);
    EXPECT_TRUE(store.proof().damaged.empty()) << store.proof().damaged.begin()->second;
    EXPECT_EQ(store.proof().events, 12u);
    EXPECT_EQ(whole_log(store).size(), is_of_version_2() ? 8u : 12u);
    EXPECT_EQ(whole_log(store).at(0).meta.actor, "ann");
    EXPECT_EQ(whole_log(store).at(0).audience, Audience::kUnknown);
    EXPECT_EQ(store.load_timers("orders")->size(), 1u);
    EXPECT_EQ(store.stream_info("orders", "order-1")->version, 5u);
    EXPECT_EQ(store.stream_info("orders", "order-1")->first_version, 1u);
    EXPECT_EQ(store.stream_info("orders", "order-2")->first_version, is_of_version_2() ? 3u : 1u);
    EXPECT_EQ(store.stream_info("payments", "pay-1")->last_position, 10u);
    EXPECT_EQ(store.stream_info("orders", "pay-1")->version, 0u);
    EXPECT_EQ(store.stream_info("payments", "gone")->version, 2u);
    EXPECT_EQ(store.stream_info("payments", "gone")->deleted, is_of_version_2());
    EXPECT_EQ(testing::append(store, again(*first_)).code, AppendCode::kDuplicate);
    if (!is_of_version_2()) return;
    EXPECT_EQ(store.snapshots().load("orders", "v1")->snapshot->data, "state");
    EXPECT_EQ((*store.checkpoints().load("sums"))->cursor.position, 8u);
    EXPECT_TRUE(store.dead_letters().find(letter_.id)->has_value());
  }
  // What the host that wrote it needs is as it left it.
  void expect_of_the_old_version(const std::string& path) {
    EXPECT_EQ(version(path, Connection::Mode::kWrite), GetParam());
    EXPECT_EQ(schema(path), old_schema_);
    auto connection = Connection::open(path, Connection::Mode::kWrite, "");
    EXPECT_EQ(*connection->integer("SELECT count(*) FROM event"), 12);
    EXPECT_EQ(*connection->integer("SELECT sid FROM stream WHERE name = 'gone'"), 4);
    EXPECT_EQ(*connection->integer("SELECT count(*) FROM stream WHERE domain = 'orders'"), 2);
  }

  TempDirectory directory_;
  std::string path_ = directory_.file("events.db");
  std::string old_schema_;
  std::unique_ptr<AppendRequest> first_;
  DeadLetter letter_;
  Uuid epoch_;
};

INSTANTIATE_TEST_SUITE_P(From, Migration, ::testing::Values(1, 2),
                         [](const auto& of) { return "Version" + std::to_string(of.param); });

TEST_P(Migration, AnOldFileIsUpgradedInPlaceAndEverythingIsThere) {
  expect_of_the_old_version(path_);
  auto store = open_sqlite(path_);
  ASSERT_NE(store, nullptr);
  expect_whole(*store);
  EXPECT_EQ(version(path_, Connection::Mode::kRead), 3);
  store.reset();
  store = open_sqlite(path_);
  expect_whole(*store);
}

TEST_P(Migration, AnUpgradedFileCanDoWhatIsNew) {
  auto store = open_sqlite(path_);
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(*store->snapshots().save("orders", "v1", 10, "later"));
  EXPECT_TRUE(*store->checkpoints().save("sums", {epoch_, 10, {}}));
  EXPECT_TRUE(store->truncate_stream("orders", "order-1", 3).ok());
  EXPECT_EQ(testing::append(*store, request({to_exactly("order-1", 5)})).first_position, 13u);
  auto r = request({to("order-1", Expected::kNone, 2)}, "payments");
  r->streams[0].events[1].audience = Audience::kUser;
  r->streams[0].events[1].user = "user-7";
  EXPECT_EQ(testing::append(*store, std::move(r)).code, AppendCode::kOk);
  store.reset();
  store = open_sqlite(path_);
  EXPECT_TRUE(store->proof().damaged.empty());
  EXPECT_EQ(store->stream_info("orders", "order-1")->version, 6u);
  EXPECT_EQ(store->stream_info("payments", "order-1")->version, 2u);
  EXPECT_EQ(whole_log(*store).back().user, "user-7");
}

TEST_P(Migration, AnUpgradedFileIsTheSameAsANewOne) {
  open_sqlite(path_).reset();
  open_sqlite(directory_.file("new.db")).reset();
  EXPECT_EQ(schema(path_), schema(directory_.file("new.db")));
  EXPECT_NE(schema(path_), old_schema_);
}

TEST_P(Migration, WhichStreamAnEventIsOfIsStillChecked) {
  auto store = open_sqlite(path_);
  store.reset();
  auto connection = Connection::open(path_, Connection::Mode::kWrite, "");
  ASSERT_TRUE(connection->execute("PRAGMA foreign_keys=ON").ok());
  EXPECT_FALSE(connection->execute("UPDATE event SET sid = 99 WHERE pos = 1").ok());
  EXPECT_FALSE(connection
                   ->execute("INSERT INTO stream(domain, name, created) VALUES('orders',"
                             " 'order-1', 1)")
                   .ok());
}

TEST_P(Migration, AFailedWriteAnywhereInItLeavesTheOldFileAndTheNextOpeningWorks) {
  int old_ones = 0;
  bool failed = true;
  for (int writes = 0; failed; ++writes) {
    ASSERT_LT(writes, 1000);
    TempDirectory work;
    const std::string copy = work.file("events.db");
    std::filesystem::copy(path_, copy);
    {
      FaultVfs vfs;
      SqliteStoreOptions options;
      options.vfs = vfs.name();
      vfs.fail(FaultVfs::Operation::kWrite, "-wal", writes, SQLITE_OK);  // these are let through
      vfs.fail(FaultVfs::Operation::kWrite, "-wal", 1, SQLITE_FULL);
      auto store = SqliteEventStore::open(copy, options, system_clock());
      failed = vfs.failures() > writes;
      EXPECT_NE(store.ok(), failed);
    }
    if (failed && version(copy, Connection::Mode::kWrite) == GetParam()) {
      ++old_ones;
      expect_of_the_old_version(copy);
    }
    auto again = open_sqlite(copy);
    ASSERT_NE(again, nullptr);
    expect_whole(*again);
    if (HasFailure()) break;
  }
  EXPECT_GT(old_ones, 10);
  RecordProperty("old_ones", old_ones);
}

TEST_P(Migration, AFailedSyncLeavesOneVersionOrTheOther) {
  {
    FaultVfs vfs;
    SqliteStoreOptions options;
    options.vfs = vfs.name();
    vfs.fail(FaultVfs::Operation::kSync, "-wal", 1, SQLITE_IOERR_FSYNC);
    EXPECT_FALSE(SqliteEventStore::open(path_, options, system_clock()).ok());
    EXPECT_EQ(vfs.failures(), 1);
  }
  auto store = open_sqlite(path_);
  ASSERT_NE(store, nullptr);
  expect_whole(*store);
}

TEST_P(Migration, APowerCutAnywhereInItLeavesOneVersionOrTheOther) {
  int old_ones = 0, new_ones = 0;
  bool cut = true;
  for (int operations = 1; cut; ++operations) {
    ASSERT_LT(operations, 1000);
    TempDirectory work;
    const std::string copy = work.file("events.db");
    std::filesystem::copy(path_, copy);
    FaultVfs vfs;
    SqliteStoreOptions options;
    options.vfs = vfs.name();
    vfs.cut_power_after(operations, [] {});
    auto store = SqliteEventStore::open(copy, options, system_clock());
    ASSERT_TRUE(store.ok()) << store.status();
    cut = vfs.cut();
    if (!cut) vfs.cut_power();
    TempDirectory remains;
    vfs.write_remains(remains.path(), static_cast<std::uint64_t>(operations));
    const std::string found = remains.file("events.db");
    // Reading needs a WAL that was recovered, which only a writing connection does.
    if (version(found, Connection::Mode::kWrite) == GetParam()) {
      ++old_ones;
      expect_of_the_old_version(found);
    } else {
      ++new_ones;
    }
    auto again = open_sqlite(found);
    ASSERT_NE(again, nullptr);
    expect_whole(*again);
    if (HasFailure()) break;
  }
  EXPECT_GT(old_ones, 10);
  EXPECT_GT(new_ones, 0);
}

}  // namespace
}  // namespace composable::host::testing
