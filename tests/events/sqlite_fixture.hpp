// A SQLite store in a directory of its own, and a way to hold its writer still.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "events/sqlite/connection.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
// Holds the writer inside an answer until it is opened, so that a batch can gather behind it.
class Gate final : public AppendListener {
 public:
  void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {
    absl::MutexLock lock(&mutex_);
    reached_ = true;
    moved_.SignalAll();
    while (!open_) moved_.Wait(&mutex_);
  }
  void close_behind(EventStore& store) {
    store.append(request({to("gate", Expected::kAny)}), *this);
    absl::MutexLock lock(&mutex_);
    while (!reached_) moved_.Wait(&mutex_);
  }
  void open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
    moved_.SignalAll();
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar moved_;
  bool reached_ ABSL_GUARDED_BY(mutex_) = false;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

class SqliteStore : public ::testing::Test {
 protected:
  SqliteStore() { open(); }
  void TearDown() override { gate_.open(); }

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
  Gate gate_;
  Answers answers_, others_;
  std::unique_ptr<SqliteEventStore> store_;
};

}  // namespace composable::host::testing
