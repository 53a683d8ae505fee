// How requests share a commit, what happens when too many wait, and when the WAL is copied.
#include <gtest/gtest.h>

#include <filesystem>
#include <new>

#include "events/sqlite/writer.hpp"
#include "sqlite_fixture.hpp"

namespace composable::host::testing {
namespace {

class SqliteWriting : public SqliteStore {};

TEST_F(SqliteWriting, WhatWaitsTogetherIsOneCommitAndOneCall) {
  gate_.close_behind(*store_);
  for (int i = 0; i < 10; ++i) {
    store_->append(request({to("order-" + std::to_string(i), Expected::kNone)}),
                   i % 2 == 0 ? answers_ : others_);
  }
  gate_.open();
  answers_.wait_for(5);
  others_.wait_for(5);
  EXPECT_EQ(store_->stats().commits, 2u);  // the gate's own, and the batch
  EXPECT_EQ(answers_.calls(), std::vector<std::size_t>{5});
  EXPECT_EQ(others_.calls(), std::vector<std::size_t>{5});
  EXPECT_EQ(answers_.results()[1].first_position, 4u);
  EXPECT_EQ(others_.results()[1].first_position, 5u);
}

// As one does when memory is short.
class Throwing final : public AppendListener {
 public:
  void appended(absl::Span<std::unique_ptr<AppendRequest>>) override { throw std::bad_alloc(); }
};

TEST_F(SqliteWriting, AnExceptionCostsNobodyElseItsAnswer) {
  Throwing throwing;
  gate_.close_behind(*store_);
  store_->append(request({to("order-1", Expected::kNone)}), throwing);
  store_->append(request({to("order-2", Expected::kNone)}), answers_);
  gate_.open();
  answers_.wait_for(1);
  EXPECT_EQ(answers_.results()[0].code, AppendCode::kOk);
  EXPECT_EQ(answers_.results()[0].first_position, 3u);
  EXPECT_EQ(append(to("order-3", Expected::kNone)).first_position, 4u);
  EXPECT_TRUE(store_->health().ok()) << store_->health();
  EXPECT_EQ(whole_log(*store_).size(), 4u);
}

TEST_F(SqliteWriting, AConflictInABatchFailsAlone) {
  gate_.close_behind(*store_);
  store_->append(request({to("order-1", Expected::kNone, 2)}), answers_);
  store_->append(request({to("order-1", Expected::kNone)}), answers_);
  store_->append(request({to_exactly("order-1", 2)}), answers_);
  store_->append(request({to("order-2", Expected::kNone), to("order-1", Expected::kNone)}),
                 answers_);
  store_->append(request({to("order-2", Expected::kNone)}), answers_);
  gate_.open();
  answers_.wait_for(5);
  EXPECT_EQ(store_->stats().commits, 2u);
  const auto results = answers_.results();
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

TEST_F(SqliteWriting, ARepetitionInTheSameBatchFindsTheFirstResult) {
  gate_.close_behind(*store_);
  auto first = request({to("order-1", Expected::kNone, 2)});
  auto repeat = again(*first);
  store_->append(std::move(first), answers_);
  store_->append(std::move(repeat), answers_);
  gate_.open();
  answers_.wait_for(2);
  EXPECT_EQ(answers_.results()[1].code, AppendCode::kDuplicate);
  EXPECT_EQ(answers_.results()[1].first_position, 2u);
  EXPECT_EQ(whole_log(*store_).size(), 3u);
}

TEST_F(SqliteWriting, ABatchHasAtMost512Requests) {
  gate_.close_behind(*store_);
  for (int i = 0; i < 513; ++i) {
    store_->append(request({to("order-1", Expected::kAny)}), answers_);
  }
  gate_.open();
  answers_.wait_for(513);
  EXPECT_EQ(answers_.calls(), (std::vector<std::size_t>{512, 1}));
}

TEST_F(SqliteWriting, ABatchEndsBeforeItExceedsOneMebibyte) {
  gate_.close_behind(*store_);
  for (int i = 0; i < 3; ++i) {
    StreamAppend s = to("order-1", Expected::kAny);
    s.events[0].data.assign(400'000, 'x');
    store_->append(request({std::move(s)}), answers_);
  }
  gate_.open();
  answers_.wait_for(3);
  EXPECT_EQ(answers_.calls(), (std::vector<std::size_t>{2, 1}));
}

TEST_F(SqliteWriting, AFullQueueRefusesAndTakesNothing) {
  SqliteStoreOptions options;
  options.queue_requests = 3;
  open(options);
  gate_.close_behind(*store_);
  for (int i = 0; i < 5; ++i) {
    store_->append(request({to("order-1", Expected::kAny)}), answers_);
  }
  EXPECT_EQ(store_->stats().queued_requests, 3u);
  const auto refused = answers_.results();
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_EQ(refused[0].code, AppendCode::kOverloaded);
  EXPECT_EQ(
      refused[0].message,
      "append: the queue is full, at most 3 requests of 67108864 bytes wait; try again later");
  gate_.open();
  answers_.wait_for(5);
  EXPECT_EQ(store_->stream_info("orders", "order-1")->version, 3u);
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kOk);
}

TEST_F(SqliteWriting, TheQueueIsBoundedInBytesToo) {
  SqliteStoreOptions options;
  options.queue_bytes = 1000;
  open(options);
  gate_.close_behind(*store_);
  StreamAppend s = to("order-1", Expected::kAny);
  s.events[0].data.assign(2000, 'x');
  store_->append(request({std::move(s)}), answers_);
  EXPECT_EQ(answers_.results().at(0).code, AppendCode::kOverloaded);
  gate_.open();
}

TEST_F(SqliteWriting, ShutdownAnswersWhatWaits) {
  gate_.close_behind(*store_);
  for (int i = 0; i < 600; ++i) {
    store_->append(request({to("order-1", Expected::kAny)}), answers_);
  }
  gate_.open();
  store_->shutdown();
  for (const AppendResult& result : answers_.results()) EXPECT_EQ(result.code, AppendCode::kOk);
  EXPECT_EQ(answers_.results().size(), 600u);
  open();
  EXPECT_EQ(store_->stream_info("orders", "order-1")->version, 600u);
}

TEST_F(SqliteWriting, ForgottenStreamVersionsAreReadAgain) {
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

TEST_F(SqliteWriting, TheWalIsCopiedIntoTheFileByTheWriter) {
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

TEST_F(SqliteWriting, ACleanEndLeavesAnEmptyWal) {
  append(to("order-1", Expected::kAny));
  store_.reset();
  const std::string wal = path_ + "-wal";
  EXPECT_TRUE(!std::filesystem::exists(wal) || std::filesystem::file_size(wal) == 0);
}

}  // namespace
}  // namespace composable::host::testing
