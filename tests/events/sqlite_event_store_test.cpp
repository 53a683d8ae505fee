// What only the SQLite store promises: what a reopening finds, who may open the file, how requests
// share a commit, and backups.
#include "events/sqlite_event_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "events/sqlite_connection.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

class SqliteStore : public ::testing::Test {
 protected:
  SqliteStore() { open(); }

  void open(const SqliteStoreOptions& options = {}) {
    store_.reset();
    store_ = open_sqlite(path_, options);
  }
  AppendResult append(StreamAppend s) { return testing::append(*store_, request({std::move(s)})); }
  // Changes the closed file by hand.
  void tamper(const char* sql) {
    store_.reset();
    auto connection = Connection::open(path_, Connection::Mode::kWrite, "");
    ASSERT_TRUE(connection->execute(sql).ok());
  }
  absl::Status opening() { return SqliteEventStore::open(path_, {}, system_clock()).status(); }

  TempDirectory directory_;
  std::string path_ = directory_.file("events.db");
  std::unique_ptr<SqliteEventStore> store_;
};

// Holds the writer inside an answer until it is opened, so that a batch can gather behind it.
class Gate final : public AppendListener {
 public:
  void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {
    absl::MutexLock lock(&mutex_);
    reached_ = true;
    mutex_.Await(absl::Condition(&open_));
  }
  void close_behind(EventStore& store) {
    store.append(request({to("gate", Expected::kAny)}), *this);
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&reached_));
  }
  void open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }

 private:
  absl::Mutex mutex_;
  bool reached_ ABSL_GUARDED_BY(mutex_) = false;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

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

TEST_F(SqliteStore, AReopeningKnowsOwnersAndIds) {
  auto r = request({to("order-1", Expected::kAny)});
  auto repeat = again(*r);
  testing::append(*store_, std::move(r));
  open();
  EXPECT_EQ(testing::append(*store_, std::move(repeat)).code, AppendCode::kDuplicate);
  EXPECT_EQ(testing::append(*store_, request({to("order-1", Expected::kAny)}, "payments")).code,
            AppendCode::kForeign);
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
  tamper("UPDATE meta SET value = 2 WHERE key = 'schema_version'");
  const absl::Status status = opening();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            path_ +
                ": written by a newer host, found schema_version 2, this host knows 1; run the "
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
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
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
  EXPECT_FALSE(store_->read_stream("order-1", 1, Direction::kForward, 10).ok());
  std::uint64_t last = 0;
  const absl::Status replayed = store_->replay("orders", 1, [&](const EventStore::EventView& e) {
    last = e.position;
    return absl::OkStatus();
  });
  EXPECT_EQ(replayed.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(last, 1u);
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
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    open();
  }
}

TEST_F(SqliteStore, WhatWaitsTogetherIsOneCommitAndOneCall) {
  Gate gate;
  gate.close_behind(*store_);
  Answers answers, others;
  for (int i = 0; i < 10; ++i) {
    store_->append(request({to("order-" + std::to_string(i), Expected::kNone)}),
                   i % 2 == 0 ? answers : others);
  }
  gate.open();
  answers.wait_for(5);
  others.wait_for(5);
  EXPECT_EQ(store_->stats().commits, 2u);  // the gate's own, and the batch
  EXPECT_EQ(answers.calls(), std::vector<std::size_t>{5});
  EXPECT_EQ(others.calls(), std::vector<std::size_t>{5});
  EXPECT_EQ(answers.results()[1].first_position, 4u);
  EXPECT_EQ(others.results()[1].first_position, 5u);
}

TEST_F(SqliteStore, AConflictInABatchFailsAlone) {
  Gate gate;
  gate.close_behind(*store_);
  Answers answers;
  store_->append(request({to("order-1", Expected::kNone, 2)}), answers);
  store_->append(request({to("order-1", Expected::kNone)}), answers);
  store_->append(request({to_exactly("order-1", 2)}), answers);
  store_->append(request({to("order-2", Expected::kNone), to("order-1", Expected::kNone)}),
                 answers);
  store_->append(request({to("order-2", Expected::kNone)}), answers);
  gate.open();
  answers.wait_for(5);
  EXPECT_EQ(store_->stats().commits, 2u);
  const auto results = answers.results();
  EXPECT_EQ(results[0].code, AppendCode::kOk);
  EXPECT_EQ(results[1].code, AppendCode::kConflict);
  EXPECT_EQ(results[1].actual_version, 2u);
  EXPECT_EQ(results[2].code, AppendCode::kOk);
  EXPECT_EQ(results[3].code, AppendCode::kConflict);
  EXPECT_EQ(results[3].stream_index, 1u);
  EXPECT_EQ(results[3].actual_version, 3u);
  EXPECT_EQ(results[4].code, AppendCode::kOk);
  EXPECT_EQ(results[4].first_position, 5u);
  EXPECT_EQ(whole_log(*store_).size(), 5u);
}

TEST_F(SqliteStore, ARepetitionInTheSameBatchFindsTheFirstResult) {
  Gate gate;
  gate.close_behind(*store_);
  Answers answers;
  auto first = request({to("order-1", Expected::kNone, 2)});
  auto repeat = again(*first);
  store_->append(std::move(first), answers);
  store_->append(std::move(repeat), answers);
  gate.open();
  answers.wait_for(2);
  EXPECT_EQ(answers.results()[1].code, AppendCode::kDuplicate);
  EXPECT_EQ(answers.results()[1].first_position, 2u);
  EXPECT_EQ(whole_log(*store_).size(), 3u);
}

TEST_F(SqliteStore, ABatchHasAtMost512Requests) {
  Gate gate;
  gate.close_behind(*store_);
  Answers answers;
  for (int i = 0; i < 513; ++i) {
    store_->append(request({to("order-1", Expected::kAny)}), answers);
  }
  gate.open();
  answers.wait_for(513);
  EXPECT_EQ(answers.calls(), (std::vector<std::size_t>{512, 1}));
}

TEST_F(SqliteStore, ABatchEndsBeforeItExceedsOneMebibyte) {
  Gate gate;
  gate.close_behind(*store_);
  Answers answers;
  for (int i = 0; i < 3; ++i) {
    StreamAppend s = to("order-1", Expected::kAny);
    s.events[0].data.assign(400'000, 'x');
    store_->append(request({std::move(s)}), answers);
  }
  gate.open();
  answers.wait_for(3);
  EXPECT_EQ(answers.calls(), (std::vector<std::size_t>{2, 1}));
}

TEST_F(SqliteStore, AFullQueueRefusesAndTakesNothing) {
  SqliteStoreOptions options;
  options.queue_requests = 3;
  open(options);
  Gate gate;
  gate.close_behind(*store_);
  Answers answers;
  for (int i = 0; i < 5; ++i) {
    store_->append(request({to("order-1", Expected::kAny)}), answers);
  }
  EXPECT_EQ(store_->stats().queued_requests, 3u);
  const auto refused = answers.results();
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_EQ(refused[0].code, AppendCode::kOverloaded);
  EXPECT_EQ(
      refused[0].message,
      "append: the queue is full, at most 3 requests of 67108864 bytes wait; try again later");
  gate.open();
  answers.wait_for(5);
  EXPECT_EQ(store_->stream_info("order-1")->version, 3u);
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
}

TEST_F(SqliteStore, TheQueueIsBoundedInBytesToo) {
  SqliteStoreOptions options;
  options.queue_bytes = 1000;
  open(options);
  Gate gate;
  gate.close_behind(*store_);
  Answers answers;
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].data.assign(2000, 'x');
  store_->append(request({std::move(s)}), answers);
  EXPECT_EQ(answers.results().at(0).code, AppendCode::kOverloaded);
  gate.open();
}

TEST_F(SqliteStore, ShutdownAnswersWhatWaits) {
  Gate gate;
  gate.close_behind(*store_);
  Answers answers;
  for (int i = 0; i < 600; ++i) {
    store_->append(request({to("order-1", Expected::kAny)}), answers);
  }
  gate.open();
  store_->shutdown();
  for (const AppendResult& result : answers.results()) EXPECT_EQ(result.code, AppendCode::kOk);
  EXPECT_EQ(answers.results().size(), 600u);
  open();
  EXPECT_EQ(store_->stream_info("order-1")->version, 600u);
}

TEST_F(SqliteStore, ForgottenStreamVersionsAreReadAgain) {
  SqliteStoreOptions options;
  options.cached_streams = 1;
  open(options);
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(append(to_exactly("order-1", i)).code, AppendCode::kOk);
    EXPECT_EQ(append(to_exactly("order-2", i)).code, AppendCode::kOk);
  }
  const AppendResult both =
      testing::append(*store_, request({to_exactly("order-1", 5), to_exactly("order-2", 5)}));
  EXPECT_EQ(both.first_versions, (std::vector<std::uint64_t>{6, 6}));
}

TEST_F(SqliteStore, TheWalIsCopiedIntoTheFileByTheWriter) {
  SqliteStoreOptions options;
  options.idle_checkpoint_pages = options.forced_checkpoint_pages = 50;
  open(options);
  for (int i = 0; i < 200; ++i) {
    StreamAppend s = to("order-1", Expected::kAny);
    s.events[0].data.assign(8000, 'x');
    append(std::move(s));
  }
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 1'000'000u);
  EXPECT_GT(std::filesystem::file_size(path_), 1'000'000u);
}

TEST_F(SqliteStore, ACleanEndLeavesAnEmptyWal) {
  append(to("order-1", Expected::kAny));
  store_.reset();
  const std::string wal = path_ + "-wal";
  EXPECT_TRUE(!std::filesystem::exists(wal) || std::filesystem::file_size(wal) == 0);
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

TEST_F(SqliteStore, ABackupHoldsTheLogAndGoesOnUnderItsOwnEpoch) {
  append(to("order-1", Expected::kAny, 3));
  testing::append(*store_, timers({timer("a", 1)}));
  const std::string copy = directory_.file("copy.db");
  ASSERT_TRUE(store_->backup(copy).ok());
  append(to("order-1", Expected::kAny));
  auto restored = open_sqlite(copy);
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(whole_log(*restored).size(), 3u);
  EXPECT_EQ(restored->load_timers("orders")->size(), 1u);
  EXPECT_NE(restored->epoch(), store_->epoch());
  EXPECT_EQ(testing::append(*restored, request({to_exactly("order-1", 3)})).first_position, 4u);
  const Uuid epoch = restored->epoch();
  restored.reset();
  EXPECT_EQ(open_sqlite(copy)->epoch(), epoch);
}

TEST_F(SqliteStore, ABackupUnderLoadIsAPrefixOfTheLog) {
  Answers answers;
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      store_->append(request({to("order-" + std::to_string(i % 7), Expected::kAny, 2)}), answers);
    }
  });
  answers.wait_for(1);
  const std::string copy = directory_.file("copy.db");
  const absl::Status status = store_->backup(copy);
  writer.join();
  answers.wait_for(500);
  ASSERT_TRUE(status.ok()) << status;
  const auto all = whole_log(*store_);
  const auto copied = whole_log(*open_sqlite(copy));
  ASSERT_GT(copied.size(), 0u);
  ASSERT_LE(copied.size(), all.size());
  for (std::size_t i = 0; i < copied.size(); ++i) EXPECT_EQ(copied[i].id, all[i].id);
}

TEST_F(SqliteStore, ABackupDoesNotReplaceAFile) {
  const std::string copy = directory_.file("copy.db");
  ASSERT_TRUE(store_->backup(copy).ok());
  const absl::Status status = store_->backup(copy);
  EXPECT_EQ(status.message(), "backup: " + copy + " exists already; name a new file");
  EXPECT_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST_F(SqliteStore, ABackupThatFailsLeavesNothing) {
  const std::string copy = directory_.file("missing/copy.db");
  EXPECT_FALSE(store_->backup(copy).ok());
  EXPECT_FALSE(std::filesystem::exists(copy));
}

TEST_F(SqliteStore, ReadersDoNotWrite) {
  auto connection = Connection::open(path_, Connection::Mode::kRead, "");
  EXPECT_FALSE(connection->execute("DELETE FROM meta").ok());
}

}  // namespace
}  // namespace composable::host::testing
