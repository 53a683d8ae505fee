// A disk that fails: every append still gets a true answer, and the store works again by itself.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "fault_vfs.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

using Operation = FaultVfs::Operation;
constexpr int kForever = 1'000'000;

class IoFault : public ::testing::Test {
 protected:
  IoFault() { open({}); }

  void open(SqliteStoreOptions options) {
    store_.reset();
    options.vfs = vfs_.name();
    store_ = open_sqlite(directory_.file("events.db"), options);
  }
  AppendResult append(std::string stream = "order-1") {
    auto r = request({to(std::move(stream), Expected::kAny)});
    const Uuid id = r->streams[0].events[0].id;
    const AppendResult result = testing::append(*store_, std::move(r));
    if (result.code == AppendCode::kOk) answered_.insert(id);
    if (result.code == AppendCode::kUnavailable) refused_.insert(id);
    return result;
  }
  // Until the disk is found to work again; bounded by the test's timeout.
  void append_until_ok() {
    while (append().code != AppendCode::kOk) {
    }
  }
  void expect_true_answers(EventStore& store) {
    std::set<Uuid> found;
    for (const StoredEvent& event : whole_log(store)) found.insert(event.id);
    for (const Uuid& id : answered_) EXPECT_EQ(found.count(id), 1u) << "lost " << id.text();
    for (const Uuid& id : refused_) EXPECT_EQ(found.count(id), 0u) << "came back " << id.text();
  }
  // The same of what the disk holds after a power cut.
  void expect_true_answers_after_power_cut() {
    vfs_.cut_power();
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      TempDirectory remains;
      vfs_.write_remains(remains.path(), seed);
      auto store = open_sqlite(remains.file("events.db"));
      ASSERT_NE(store, nullptr);
      expect_true_answers(*store);
    }
  }

  TempDirectory directory_;
  FaultVfs vfs_;
  std::set<Uuid> answered_, refused_;
  std::unique_ptr<SqliteEventStore> store_;
};

TEST_F(IoFault, AFailedWriteIsRefusedAndTheNextAppendWorks) {
  append();
  vfs_.fail(Operation::kWrite, "-wal", 1, SQLITE_IOERR_WRITE);
  const AppendResult failed = append();
  EXPECT_EQ(failed.code, AppendCode::kUnavailable);
  EXPECT_NE(failed.message.find("disk I/O error"), std::string::npos) << failed.message;
  EXPECT_EQ(failed.message.find("{"), std::string::npos) << "a payload in " << failed.message;
  EXPECT_EQ(append().code, AppendCode::kOk);
  EXPECT_TRUE(store_->health().ok());
  expect_true_answers(*store_);
  expect_true_answers_after_power_cut();
}

TEST_F(IoFault, AFailedSyncIsSettledBeforeTheAnswer) {
  append();
  vfs_.fail(Operation::kSync, "-wal", 1, SQLITE_IOERR_FSYNC);
  const AppendResult result = append();
  EXPECT_EQ(vfs_.failures(), 1);
  EXPECT_TRUE(result.code == AppendCode::kOk || result.code == AppendCode::kUnavailable);
  expect_true_answers(*store_);
  expect_true_answers_after_power_cut();
}

TEST_F(IoFault, AFailedSyncIsSettledWhileReadersHaveTheFileOpen) {
  append();
  whole_log(*store_);  // opens a reader, which keeps the index of the WAL alive
  vfs_.fail(Operation::kSync, "-wal", 1, SQLITE_IOERR_FSYNC);
  const AppendResult result = append();
  EXPECT_TRUE(result.code == AppendCode::kOk || result.code == AppendCode::kUnavailable);
  expect_true_answers(*store_);
  expect_true_answers_after_power_cut();
}

TEST_F(IoFault, WhatIsAnsweredAfterAFailedSyncSurvivesAPowerCut) {
  append();
  for (int i = 0; i < 10; ++i) {
    vfs_.fail(Operation::kSync, "-wal", 1, SQLITE_IOERR_FSYNC);
    append();
    append();
    if (i % 2 == 0) whole_log(*store_);
  }
  expect_true_answers(*store_);
  expect_true_answers_after_power_cut();
}

TEST_F(IoFault, AFullDiskIsSaidAndLeftBehind) {
  SqliteStoreOptions options;
  options.resolve_us = 0;
  open(options);
  append();
  vfs_.fail(Operation::kWrite, "-wal", kForever, SQLITE_FULL);
  const AppendResult first = append();
  EXPECT_EQ(first.code, AppendCode::kUnavailable);  // known to be rolled back: not in doubt
  EXPECT_NE(first.message.find("database or disk is full"), std::string::npos) << first.message;
  EXPECT_EQ(store_->health().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(store_->health().message().find("database or disk is full"), std::string::npos);
  EXPECT_EQ(append().code, AppendCode::kUnavailable);
  vfs_.heal();
  append_until_ok();
  EXPECT_TRUE(store_->health().ok());
  expect_true_answers(*store_);
}

TEST_F(IoFault, AnOutcomeThatCannotBeReadInTimeIsUnknown) {
  SqliteStoreOptions options;
  options.resolve_us = 0;
  open(options);
  append();
  vfs_.fail(Operation::kSync, "-wal", kForever, SQLITE_IOERR_FSYNC);
  auto r = request({to("order-1", Expected::kAny)});
  auto repeat = again(*r);
  const AppendResult result = testing::append(*store_, std::move(r));
  EXPECT_EQ(result.code, AppendCode::kUnknown);
  EXPECT_EQ(result.message,
            "append: the commit failed and the log could not be read in time; ask again with the "
            "same event ids");
  EXPECT_FALSE(store_->health().ok());
  vfs_.heal();
  append_until_ok();
  const AppendCode code = testing::append(*store_, std::move(repeat)).code;
  EXPECT_TRUE(code == AppendCode::kOk || code == AppendCode::kDuplicate);
  expect_true_answers(*store_);
}

TEST_F(IoFault, AnUncertainCommitIsAnsweredWhenTheDiskComesBack) {
  append();
  vfs_.fail(Operation::kSync, "", kForever, SQLITE_IOERR_FSYNC);
  Answers in_doubt;
  auto r = request({to("order-1", Expected::kAny)});
  const Uuid id = r->streams[0].events[0].id;
  store_->append(std::move(r), in_doubt);
  while (store_->health().ok()) std::this_thread::yield();
  EXPECT_EQ(append().code, AppendCode::kUnavailable);  // refused at once; the first one waits
  vfs_.heal();
  in_doubt.wait_for(1);
  const AppendCode code = in_doubt.results()[0].code;
  EXPECT_TRUE(code == AppendCode::kOk || code == AppendCode::kUnavailable);
  (code == AppendCode::kOk ? answered_ : refused_).insert(id);
  append_until_ok();
  expect_true_answers(*store_);
  expect_true_answers_after_power_cut();
}

TEST_F(IoFault, TimersWhoseCommitFailedAreUnknown) {
  append();
  vfs_.fail(Operation::kSync, "-wal", 1, SQLITE_IOERR_FSYNC);
  const AppendResult result = testing::append(*store_, timers({timer("a", 1)}));
  EXPECT_EQ(result.code, AppendCode::kUnknown);
  EXPECT_NE(result.message.find("the timers may be stored, write them again"), std::string::npos);
  EXPECT_EQ(testing::append(*store_, timers({timer("a", 1)})).code, AppendCode::kOk);
  EXPECT_EQ(store_->load_timers("orders")->size(), 1u);
}

TEST_F(IoFault, AFailedCheckpointLosesNothing) {
  SqliteStoreOptions options;
  options.idle_checkpoint_pages = options.forced_checkpoint_pages = 1;
  open(options);
  append();
  vfs_.fail(Operation::kSync, ".db", 1, SQLITE_IOERR_FSYNC);
  for (int i = 0; i < 5; ++i) append();
  EXPECT_EQ(vfs_.failures(), 1);
  EXPECT_EQ(append().code, AppendCode::kOk);
  EXPECT_TRUE(store_->health().ok());
  expect_true_answers(*store_);
  expect_true_answers_after_power_cut();
}

TEST_F(IoFault, AFailedReadIsAnErrorAndTheNextReadWorks) {
  append();
  store_->shutdown();
  open({});
  vfs_.fail(Operation::kRead, ".db", 1, SQLITE_IOERR_READ);
  EXPECT_FALSE(store_->read_all(1, Direction::kForward, 10, {}).ok());
  EXPECT_EQ(store_->read_all(1, Direction::kForward, 10, {})->events.size(), 1u);
}

TEST_F(IoFault, EveryWriteAndSyncMayFailAndEveryAnswerIsTrue) {
  SqliteStoreOptions options;
  options.idle_checkpoint_pages = 5;
  options.forced_checkpoint_pages = 10;
  open(options);
  const std::pair<Operation, int> faults[] = {{Operation::kWrite, SQLITE_IOERR_WRITE},
                                              {Operation::kSync, SQLITE_IOERR_FSYNC},
                                              {Operation::kWrite, SQLITE_FULL},
                                              {Operation::kTruncate, SQLITE_IOERR_TRUNCATE}};
  for (int i = 0; i < 120; ++i) {
    const auto& [operation, code] = faults[i % 4];
    vfs_.fail(operation, i % 3 == 0 ? ".db" : "-wal", 1 + i % 2, code);
    append("order-" + std::to_string(i % 3));
    if (i % 5 == 0) whole_log(*store_);
  }
  vfs_.heal();
  append_until_ok();
  expect_true_answers(*store_);
  expect_true_answers_after_power_cut();
}

TEST_F(IoFault, ShutdownEndsWhileTheDiskFails) {
  append();
  vfs_.fail(Operation::kSync, "", kForever, SQLITE_IOERR_FSYNC);
  Answers answers;
  for (int i = 0; i < 5; ++i) {
    store_->append(request({to("order-1", Expected::kAny)}), answers);
  }
  store_->shutdown();
  answers.wait_for(5);
  for (const AppendResult& result : answers.results()) EXPECT_NE(result.code, AppendCode::kOk);
}

}  // namespace
}  // namespace composable::host::testing
