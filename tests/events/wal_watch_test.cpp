// A WAL that is cut while the host runs is noticed before the next acknowledgement, at every length
// and at any moment; one that another program has copied and emptied is none.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

class WatchedWal : public SqliteStore {
 protected:
  void fill(int events = 20) {
    for (int i = 0; i < events; ++i) append(to("order-" + std::to_string(i % 3), Expected::kAny));
  }
  void outside(const char* sql) {
    auto other = Connection::open(path_, Connection::Mode::kWrite, "");
    ASSERT_TRUE(other.ok());
    const absl::Status status = other->execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }
  // What it goes on with is there after a restart too.
  void expect_to_go_on(std::uint64_t events) {
    EXPECT_TRUE(store_->health().ok()) << store_->health();
    for (int i = 0; i < 3; ++i) {
      const AppendResult result = append(to("order-1", Expected::kAny));
      ASSERT_EQ(result.code, AppendCode::kOk) << result.message;
    }
    EXPECT_TRUE(store_->health().ok()) << store_->health();
    EXPECT_EQ(whole_log(*store_).size(), events + 3);
    open();
    EXPECT_EQ(whole_log(*store_).size(), events + 3);
  }
  std::string wal_ = path_ + "-wal";
};

class CutWal : public WatchedWal, public ::testing::WithParamInterface<int> {};

TEST_P(CutWal, IsNoticedBeforeTheNextAcknowledgement) {
  fill();
  const auto size = std::filesystem::file_size(wal_);
  const auto cut = size * static_cast<std::uintmax_t>(GetParam()) / 16;
  std::filesystem::resize_file(wal_, cut);
  const AppendResult result = append(to("order-1", Expected::kAny));
  EXPECT_EQ(result.code, AppendCode::kUnavailable);
  EXPECT_NE(result.message.find(wal_ + ": cut or overwritten while the host runs: it must hold "),
            std::string::npos)
      << result.message;
  EXPECT_NE(result.message.find("found " + std::to_string(cut) + " bytes"), std::string::npos);
  EXPECT_NE(result.message.find("events at positions 1 to 20 may be missing"), std::string::npos)
      << result.message;
  EXPECT_FALSE(store_->health().ok());
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kUnavailable);
  store_.reset();  // copies nothing into the file
  const absl::Status status = opening();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("events up to position 20 were acknowledged: positions "),
            std::string::npos)
      << status;
}

TEST_P(CutWal, IsNoticedWhenItIsMadeLongAgain) {
  fill();
  const auto size = std::filesystem::file_size(wal_);
  std::filesystem::resize_file(wal_, size * static_cast<std::uintmax_t>(GetParam()) / 16);
  std::filesystem::resize_file(wal_, size);
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kUnavailable);
}

TEST_P(CutWal, IsNoticedByHealth) {
  fill();
  ASSERT_TRUE(store_->health().ok());
  const auto size = std::filesystem::file_size(wal_);
  append(to("order-1", Expected::kAny));
  std::filesystem::resize_file(wal_, size * static_cast<std::uintmax_t>(GetParam()) / 16);
  const absl::Status status = store_->health();
  EXPECT_NE(status.message().find(wal_ + ": cut or overwritten"), std::string::npos) << status;
}

INSTANTIATE_TEST_SUITE_P(At, CutWal, ::testing::Range(0, 16));

// Under load, at a random moment: what is acknowledged after the cut is found, or the next start is
// refused; and the cut is noticed by the next append at the latest.
TEST(CutWalUnderLoad, NothingIsAcknowledgedThatARestartDoesNotKnowOf) {
  for (int trial = 0; trial < 40; ++trial) {
    TempDirectory directory;
    const std::string path = directory.file("events.db");
    auto store = open_sqlite(path);
    std::atomic<int> acknowledged{0};
    std::atomic<bool> cut{false};
    int after = 0;
    std::thread client([&] {
      bool last = false;
      while (!last) {
        last = cut;  // this append began after the cut
        StreamAppend s = to("order-" + std::to_string(acknowledged % 5), Expected::kAny);
        s.events[0].data.assign(9000, 'x');
        const AppendResult result = testing::append(*store, request({std::move(s)}));
        if (result.code != AppendCode::kOk) break;
        ++acknowledged;
        after += last ? 1 : 0;
      }
    });
    while (acknowledged < 5 + trial % 7) std::this_thread::yield();
    ::usleep(static_cast<useconds_t>(trial * 13));
    const auto size = std::filesystem::file_size(path + "-wal");
    std::filesystem::resize_file(path + "-wal",
                                 size * static_cast<std::uintmax_t>(trial % 16) / 16);
    cut = true;
    client.join();
    EXPECT_EQ(after, 0) << "trial " << trial;
    store.reset();
    auto again = SqliteEventStore::open(path, {}, system_clock());
    if (!again.ok()) continue;
    EXPECT_GE((*again)->stats().head, static_cast<std::uint64_t>(acknowledged));
  }
}

TEST_F(WatchedWal, AnOutsideTruncatingCheckpointIsNoDamage) {
  fill();
  ASSERT_TRUE(store_->health().ok());
  outside("PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_EQ(std::filesystem::file_size(wal_), 0u);
  expect_to_go_on(20);
}

TEST_F(WatchedWal, AnOutsideVacuumIsNoDamage) {
  StreamAppend big = to("order-0", Expected::kAny);
  big.events[0].data.assign(900'000, 'x');
  append(std::move(big));
  open();
  ASSERT_TRUE(store_->truncate_stream("orders", "order-0", 2).ok());
  fill();
  open();
  ASSERT_TRUE(store_->health().ok());
  const auto size = std::filesystem::file_size(path_);
  outside("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_LT(std::filesystem::file_size(path_), size);
  EXPECT_TRUE(store_->health().ok()) << store_->health();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
  outside("VACUUM");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
  outside("PRAGMA wal_checkpoint(TRUNCATE)");
  expect_to_go_on(26);
}

TEST_F(WatchedWal, OutsideCheckpointsUnderLoadAreNoDamage) {
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) {
      auto connection = Connection::open(path_, Connection::Mode::kWrite, "");
      (void)connection->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
  });
  for (int i = 0; i < 300; ++i) {
    const AppendResult result = append(to("order-" + std::to_string(i % 7), Expected::kAny));
    EXPECT_EQ(result.code, AppendCode::kOk) << result.message;
  }
  done = true;
  other.join();
  expect_to_go_on(300);
}

TEST_F(WatchedWal, AnOutsideProgramThatRemovesEventsIsNoticed) {
  fill();
  outside("DELETE FROM event WHERE pos > 18");
  const AppendResult result = append(to("order-1", Expected::kAny));
  EXPECT_EQ(result.code, AppendCode::kUnavailable);
  EXPECT_NE(result.message.find("changed by another program while the host runs"),
            std::string::npos)
      << result.message;
  EXPECT_NE(result.message.find("up to position 18, needed"), std::string::npos);
}

TEST_F(WatchedWal, ADataFileThatIsCutBelowWhatItHoldsIsNoticed) {
  fill();
  open();
  const auto size = std::filesystem::file_size(path_);
  std::filesystem::resize_file(path_, size - 4096);
  EXPECT_FALSE(store_->health().ok());
  const AppendResult result = append(to("order-1", Expected::kAny));
  EXPECT_EQ(result.code, AppendCode::kUnavailable);
  EXPECT_NE(result.message.find(path_ + ": cut from " + std::to_string(size)), std::string::npos)
      << result.message;
}

}  // namespace
}  // namespace composable::host::testing
