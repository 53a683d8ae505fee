// A log that is taken away while the host runs: noticed by health() and by the writer, and nothing
// is acknowledged that the next start would not find.
#include "events/sqlite/file_watch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "fault_vfs.hpp"
#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

class MovedClock final : public Clock {
 public:
  std::int64_t unix_micros() override { return system_clock().unix_micros(); }
  std::int64_t steady_micros() override { return now_.load(); }
  void move(std::int64_t micros) { now_ += micros; }

 private:
  std::atomic<std::int64_t> now_{1};
};

class LogFile : public SqliteStore {
 protected:
  LogFile() { append(to("order-1", Expected::kAny, 3)); }
  void expect_refused(const std::string& why) {
    EXPECT_EQ(store_->health().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(store_->health().message(), why);
    const AppendResult result = append(to("order-1", Expected::kAny));
    EXPECT_EQ(result.code, AppendCode::kUnavailable);
    EXPECT_EQ(result.message, why);
  }
  std::string away_ = directory_.file("away.db");
};

TEST_F(LogFile, ADeletedOneIsNoticed) {
  EXPECT_TRUE(store_->health().ok());
  std::filesystem::remove(path_);
  expect_refused(path_ +
                 ": deleted or moved away while the host runs, nothing is appended any more; stop "
                 "the host, restore the log from a backup, and start it again");
}

TEST_F(LogFile, AReplacedOneIsNoticed) {
  std::filesystem::copy(path_, away_);
  std::filesystem::rename(away_, path_);
  expect_refused(path_ +
                 ": replaced while the host runs, nothing is appended any more; stop the host, "
                 "restore the log from a backup, and start it again");
}

TEST_F(LogFile, OneThatIsCutToNothingIsNoticed) {
  const auto size = std::to_string(std::filesystem::file_size(path_));
  std::filesystem::resize_file(path_, 0);
  expect_refused(path_ + ": cut from " + size + " to 0 bytes, it must hold " + size +
                 ", while the host runs, nothing is appended any more; stop the host, "
                 "restore the log from a backup, and start it again");
}

TEST_F(LogFile, WhatElseWritesIsRefusedToo) {
  std::filesystem::remove(path_);
  EXPECT_FALSE(store_->health().ok());
  const auto saved = store_->checkpoints().save("sums", {store_->epoch(), 1, {}});
  EXPECT_EQ(saved.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(store_->truncate_stream("orders", "order-1", 2).ok());
}

TEST_F(LogFile, OneThatIsPutBackIsTakenAgain) {
  std::filesystem::rename(path_, away_);
  EXPECT_FALSE(store_->health().ok());
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kUnavailable);
  std::filesystem::rename(away_, path_);
  EXPECT_TRUE(store_->health().ok());
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
  open();
  EXPECT_EQ(whole_log(*store_).size(), 4u);
}

TEST_F(LogFile, ADeletedWalIsNoticedAndACleanEndSavesWhatItHeld) {
  std::filesystem::remove(path_ + "-wal");
  expect_refused(path_ +
                 "-wal: deleted or moved away while the host runs, nothing is appended any more; "
                 "stop the host with SIGTERM, which saves what it holds, and start it again");
  open();
  EXPECT_EQ(whole_log(*store_).size(), 3u);
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
}

TEST_F(LogFile, TheWriterLooksByItselfBeforeEveryCommit) {
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
  std::filesystem::remove(path_);
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kUnavailable);
}

// Opening anew after a failure would make a missing file, empty, and go on in it.
TEST(LogFileThatFails, AMissingFileIsNeverMadeAnew) {
  TempDirectory directory;
  FaultVfs vfs;
  MovedClock clock;
  SqliteStoreOptions options;
  options.vfs = vfs.name();
  options.resolve_us = 0;
  const std::string path = directory.file("events.db");
  auto store = SqliteEventStore::open(path, options, clock);
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(testing::append(**store, request({to("order-1", Expected::kAny)})).code,
            AppendCode::kOk);
  std::filesystem::remove(path);
  vfs.fail(FaultVfs::Operation::kWrite, "-wal", 1, SQLITE_IOERR_WRITE);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(testing::append(**store, request({to("order-1", Expected::kAny)})).code,
              AppendCode::kOk);
    clock.move(2'000'000);
  }
  EXPECT_FALSE((*store)->health().ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace composable::host::testing
