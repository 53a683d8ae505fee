// How far consumers have come, on every store.
#include <gtest/gtest.h>

#include "events/checkpoints.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

class CheckpointContract : public EventStoreContract {
 protected:
  CheckpointContract() { append(to("order-1", Expected::kAny, 9)); }
  CheckpointStore& checkpoints() { return store_->checkpoints(); }
  Cursor at(std::uint64_t position) { return {store_->epoch(), position, {}}; }
  std::uint64_t position(std::string_view name) {
    return (*checkpoints().load(name))->cursor.position;
  }
};

COMPOSABLE_FOR_EVERY_STORE(CheckpointContract);

TEST_P(CheckpointContract, WhatIsSavedIsLoaded) {
  const Cursor cursor{store_->epoch(), 7, whole_log(*store_)[6].id};
  EXPECT_TRUE(*checkpoints().save("sums", cursor));
  const auto loaded = *checkpoints().load("sums");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->name, "sums");
  EXPECT_EQ(loaded->cursor.epoch, cursor.epoch);
  EXPECT_EQ(loaded->cursor.position, 7u);
  EXPECT_EQ(loaded->cursor.event_id, cursor.event_id);
  EXPECT_GT(loaded->saved_at_us, 0);
}

TEST_P(CheckpointContract, AnUnknownNameHasNone) {
  EXPECT_FALSE(checkpoints().load("nobody")->has_value());
}

TEST_P(CheckpointContract, ItOnlyMovesOn) {
  EXPECT_TRUE(*checkpoints().save("sums", at(5)));
  EXPECT_FALSE(*checkpoints().save("sums", at(4)));
  EXPECT_FALSE(*checkpoints().save("sums", at(5)));
  EXPECT_EQ(position("sums"), 5u);
  EXPECT_TRUE(*checkpoints().save("sums", at(6)));
  EXPECT_EQ(position("sums"), 6u);
}

TEST_P(CheckpointContract, NamesAreApart) {
  EXPECT_TRUE(*checkpoints().save("sums", at(5)));
  EXPECT_TRUE(*checkpoints().save("mails", at(2)));
  EXPECT_EQ(position("sums"), 5u);
  EXPECT_EQ(position("mails"), 2u);
}

TEST_P(CheckpointContract, TheyAreListedByName) {
  EXPECT_TRUE(checkpoints().list()->empty());
  for (const char* name : {"sums", "mails", "audit"}) {
    EXPECT_TRUE(checkpoints().save(name, at(1)).ok());
  }
  const auto all = *checkpoints().list();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "audit");
  EXPECT_EQ(all[1].name, "mails");
  EXPECT_EQ(all[2].name, "sums");
}

TEST_P(CheckpointContract, ARemovedOneIsGoneAndBeginsAnew) {
  EXPECT_TRUE(checkpoints().save("sums", at(5)).ok());
  EXPECT_TRUE(checkpoints().remove("sums").ok());
  EXPECT_TRUE(checkpoints().remove("sums").ok());  // an unknown one is ignored
  EXPECT_FALSE(checkpoints().load("sums")->has_value());
  EXPECT_TRUE(*checkpoints().save("sums", at(1)));
}

TEST_P(CheckpointContract, ACursorOfAnotherLogIsRefused) {
  const Uuid other = new_id();
  const auto saved = checkpoints().save("sums", {other, 1, {}});
  EXPECT_EQ(saved.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(saved.status().message(), "checkpoint sums: the cursor is of the log " + other.text() +
                                          ", this is the log " + store_->epoch().text() +
                                          "; begin anew in this log");
}

TEST_P(CheckpointContract, ACursorBeyondTheEndIsRefused) {
  const auto saved = checkpoints().save("sums", at(10));
  EXPECT_EQ(saved.status().message(),
            "checkpoint sums: position 10 is beyond the end of the log, which is 9; save what was "
            "dealt with");
  EXPECT_TRUE(*checkpoints().save("sums", at(9)));
}

TEST_P(CheckpointContract, NamesHaveLimits) {
  EXPECT_EQ(checkpoints().save("", at(1)).status().message(),
            "checkpoint: a name needs 1 to 255 bytes, found 0; choose another name");
  EXPECT_FALSE(checkpoints().save(std::string(256, 'n'), at(1)).ok());
  EXPECT_TRUE(checkpoints().save(std::string(255, 'n'), at(1)).ok());
}

TEST_P(CheckpointContract, TheirNumberIsBoundedAndItSaysSo) {
  for (std::size_t i = 0; i < kCheckpoints; ++i) {
    ASSERT_TRUE(checkpoints().save("consumer-" + std::to_string(i), at(1)).ok());
  }
  const auto saved = checkpoints().save("one-more", at(1));
  EXPECT_EQ(saved.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(saved.status().message(),
            "checkpoint: full, 20 are kept of at most 20; remove those that are not used");
  EXPECT_TRUE(*checkpoints().save("consumer-7", at(2)));
}

}  // namespace
}  // namespace composable::host::testing
