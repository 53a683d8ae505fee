#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "events/sqlite/backup.hpp"
#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

class SqliteBackup : public SqliteStore {};

TEST_F(SqliteBackup, ABackupHoldsTheLogAndGoesOnUnderItsOwnEpoch) {
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

TEST_F(SqliteBackup, ABackupUnderLoadIsAPrefixOfTheLog) {
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      store_->append(request({to("order-" + std::to_string(i % 7), Expected::kAny, 2)}), answers_);
    }
  });
  answers_.wait_for(1);
  const std::string copy = directory_.file("copy.db");
  const absl::Status status = store_->backup(copy);
  writer.join();
  answers_.wait_for(500);
  ASSERT_TRUE(status.ok()) << status;
  const auto all = whole_log(*store_);
  const auto copied = whole_log(*open_sqlite(copy));
  ASSERT_GT(copied.size(), 0u);
  ASSERT_LE(copied.size(), all.size());
  for (std::size_t i = 0; i < copied.size(); ++i) EXPECT_EQ(copied[i].id, all[i].id);
}

TEST_F(SqliteBackup, ABackupDoesNotReplaceAFile) {
  const std::string copy = directory_.file("copy.db");
  ASSERT_TRUE(store_->backup(copy).ok());
  const absl::Status status = store_->backup(copy);
  EXPECT_EQ(status.message(), "backup: " + copy + " exists already; name a new file");
  EXPECT_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST_F(SqliteBackup, ABackupThatFailsLeavesNothing) {
  const std::string copy = directory_.file("missing/copy.db");
  EXPECT_FALSE(store_->backup(copy).ok());
  EXPECT_FALSE(std::filesystem::exists(copy));
}

}  // namespace
}  // namespace composable::host::testing
