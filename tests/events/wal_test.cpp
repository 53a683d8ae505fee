// What is read back of SQLite's write-ahead log.
#include "events/sqlite/wal.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace composable::host {
namespace {

class WalTest : public ::testing::Test {
 protected:
  WalTest() {
    char pattern[] = "/tmp/composable-wal-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    EXPECT_EQ(sqlite3_open((directory_ + "/wal.db").c_str(), &handle_), SQLITE_OK);
    EXPECT_EQ(
        sqlite3_exec(handle_, "PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1)",
                     nullptr, nullptr, nullptr),
        SQLITE_OK);
  }
  ~WalTest() override {
    sqlite3_close(handle_);
    std::filesystem::remove_all(directory_);
  }

  std::string directory_;
  sqlite3* handle_ = nullptr;
};

TEST_F(WalTest, EveryFrameIsWhatWasWritten) {
  const auto state = wal_state(handle_);
  ASSERT_TRUE(state.has_value());
  ASSERT_GT(state->frames, 1u);
  EXPECT_EQ(*first_lost_frame(handle_, *state, 1), 0u);
  EXPECT_EQ(*first_lost_frame(handle_, *state, state->frames), 0u);
}

TEST_F(WalTest, AnIndexOfAnotherPageSizeHasLostItsFrames) {
  auto state = *wal_state(handle_);
  // No WAL has the first three; the largest would not fit what frames are read into.
  for (const std::uint32_t page_size : {0u, 66048u, 130560u, 512u, 65536u}) {
    state.page_size = page_size;
    EXPECT_NE(*first_lost_frame(handle_, state, 1), 0u) << page_size;
  }
}

}  // namespace
}  // namespace composable::host
