// The attempts of a host, newest first and bounded.
#include "reload/reload_history.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

GenerationRecord in(GenerationState state) {
  GenerationRecord record;
  record.state = state;
  return record;
}

TEST(ReloadHistory, NumbersTheAttemptsAndShowsTheNewestFirst) {
  ReloadHistory history;
  EXPECT_EQ(history.begin({}), 1u);
  EXPECT_EQ(history.begin({}), 2u);
  ASSERT_EQ(history.newest_first().size(), 2u);
  EXPECT_EQ(history.newest_first()[0].attempt, 2u);
}

TEST(ReloadHistory, TellsEachNewStateOnceAndNothingElse) {
  std::vector<std::pair<std::uint64_t, GenerationState>> told;
  ReloadHistory history([&](const GenerationRecord& r) { told.emplace_back(r.attempt, r.state); });
  const std::uint64_t attempt = history.begin(in(GenerationState::kCanary));
  history.update(attempt, [](GenerationRecord& r) { r.domain = "tally"; });
  const GenerationRecord after =
      history.update(attempt, [](GenerationRecord& r) { r.state = GenerationState::kLoading; });
  EXPECT_EQ(after.domain, "tally");
  EXPECT_EQ(told, (decltype(told){{1, GenerationState::kCanary}, {1, GenerationState::kLoading}}));
}

TEST(ReloadHistory, ForgetsTheOldestThatAreOver) {
  ReloadHistory history;
  history.begin(in(GenerationState::kPinned));
  history.begin(in(GenerationState::kLive));
  for (std::size_t n = 0; n < 2 * ReloadHistory::kMaxRecords; ++n) {
    history.begin(in(n % 2 == 0 ? GenerationState::kRefused : GenerationState::kUnloaded));
  }
  const auto records = history.newest_first();
  ASSERT_EQ(records.size(), ReloadHistory::kMaxRecords);
  EXPECT_EQ(records.front().attempt, 2 + 2 * ReloadHistory::kMaxRecords);
  EXPECT_EQ(records[records.size() - 1].attempt, 1u);  // it is still mapped
  EXPECT_EQ(records[records.size() - 2].attempt, 2u);  // it serves
}

TEST(ReloadHistory, WhatItHasForgottenDoesNotComeBack) {
  ReloadHistory history;
  const std::uint64_t first = history.begin(in(GenerationState::kRefused));
  for (std::size_t n = 0; n < ReloadHistory::kMaxRecords; ++n) {
    history.begin(in(GenerationState::kRefused));
  }
  const GenerationRecord after =
      history.update(first, [](GenerationRecord& r) { r.state = GenerationState::kLive; });
  EXPECT_EQ(after.attempt, 0u);
  EXPECT_EQ(history.newest_first().size(), ReloadHistory::kMaxRecords);
}

TEST(GenerationRecordSentence, SaysForPeopleWhatBecameOfIt) {
  GenerationRecord record;
  record.domain = "tally";
  record.generation = 2;
  record.replaced = 1;
  record.build = "0123456789abcdef";
  record.state = GenerationState::kLive;
  record.carried = "evolved 3 events";
  record.steps.pause_us = 1'500;
  record.live_us = 42'000;
  EXPECT_EQ(sentence_of(record),
            "live  tally 2 (build 01234567), in place of 1: evolved 3 events, paused 1.50 ms, "
            "42.0 ms in all");
  record.replaced = 0;
  EXPECT_EQ(sentence_of(record),
            "live  tally 2 (build 01234567): evolved 3 events, paused 1.50 ms, 42.0 ms in all");
  record.state = GenerationState::kPinned;
  record.reason = "it is held by the job Stubborn";
  EXPECT_EQ(sentence_of(record),
            "pinned  tally 2 (build 01234567): it is held by the job Stubborn");
  record.state = GenerationState::kRefused;
  record.reason = "tally.so: it is empty";
  EXPECT_EQ(sentence_of(record), "refused  tally.so: it is empty");
}

}  // namespace
}  // namespace composable::host
