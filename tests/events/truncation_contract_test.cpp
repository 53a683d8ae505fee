// Streams whose beginning was removed, and deleted ones, on every store.
#include <gtest/gtest.h>

#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

class TruncationContract : public EventStoreContract {
 protected:
  // Positions 1 to 4, 5 to 6, 7 to 8.
  TruncationContract() {
    first_ = request({to("order-1", Expected::kNone, 4)});
    append(again(*first_));
    append(to("order-2", Expected::kNone, 2));
    append(to("order-1", Expected::kAny, 2));
  }
  void truncate(std::uint64_t before, std::string stream = "order-1") {
    EXPECT_TRUE(store_->truncate_stream("orders", stream, before).ok());
  }
  void remove(std::string stream = "order-1") {
    EXPECT_TRUE(store_->delete_stream("orders", stream).ok());
  }
  std::string versions(std::uint64_t from, Direction direction, std::size_t max = 100) {
    std::string text;
    const auto page = store_->read_stream("orders", "order-1", from, direction, max);
    for (const StoredEvent& e : page->events) text += std::to_string(e.version);
    return text + (page->more ? "+" : "");
  }
  std::string positions() {
    std::string text;
    for (const StoredEvent& e : whole_log(*store_)) text += std::to_string(e.position);
    return text;
  }

  std::unique_ptr<AppendRequest> first_;
};

COMPOSABLE_FOR_EVERY_STORE(TruncationContract);

TEST_P(TruncationContract, TheRestKeepsItsVersionsAndPositions) {
  truncate(4);
  EXPECT_EQ(versions(1, Direction::kForward), "456");
  EXPECT_EQ(positions(), "45678");
}

TEST_P(TruncationContract, ReadsInPagesBeginAtTheFirstKeptVersion) {
  truncate(4);
  EXPECT_EQ(versions(1, Direction::kForward, 2), "45+");
  EXPECT_EQ(versions(6, Direction::kForward, 2), "6");
  EXPECT_EQ(versions(6, Direction::kBackward, 2), "65+");
  EXPECT_EQ(versions(5, Direction::kBackward, 2), "54");
  EXPECT_EQ(versions(3, Direction::kBackward), "");
}

TEST_P(TruncationContract, TheLogIsReadBackwardsPastWhatIsGone) {
  truncate(4);
  std::string text;
  const auto page = store_->read_all(8, Direction::kBackward, 100, {});
  for (const StoredEvent& e : page->events) {
    text += std::to_string(e.position);
  }
  EXPECT_EQ(text, "87654");
}

TEST_P(TruncationContract, ReplaySkipsWhatIsGone) {
  truncate(4);
  std::string text;
  EXPECT_TRUE(store_
                  ->replay("orders", 1,
                           [&](const EventStore::EventView& e) {
                             text += std::to_string(e.position);
                             return absl::OkStatus();
                           })
                  .ok());
  EXPECT_EQ(text, "45678");
}

TEST_P(TruncationContract, TheStreamSaysWhatIsLeftOfIt) {
  EXPECT_EQ(info("order-1").first_version, 1u);
  truncate(4);
  EXPECT_EQ(info("order-1").first_version, 4u);
  EXPECT_EQ(info("order-1").version, 6u);
  EXPECT_EQ(info("order-1").last_position, 8u);
  EXPECT_FALSE(info("order-1").deleted);
  EXPECT_EQ(store_->list_streams("orders", "order-1", "", 10)->at(0).first_version, 4u);
}

TEST_P(TruncationContract, AppendsGoOnAsBefore) {
  truncate(4);
  const AppendResult result = append(to_exactly("order-1", 6));
  EXPECT_EQ(result.code, AppendCode::kOk);
  EXPECT_EQ(result.first_position, 9u);
  EXPECT_EQ(result.first_versions, std::vector<std::uint64_t>{7});
}

TEST_P(TruncationContract, PositionsOfTheEndAreNotGivenAgain) {
  truncate(100);
  EXPECT_EQ(positions(), "56");
  EXPECT_EQ(store_->stats().head, 8u);
  const AppendResult result = append(to("order-3", Expected::kNone));
  EXPECT_EQ(result.first_position, 9u);
}

TEST_P(TruncationContract, AnEmptiedStreamStillExists) {
  truncate(100);
  EXPECT_EQ(versions(1, Direction::kForward), "");
  EXPECT_EQ(info("order-1").first_version, 7u);
  EXPECT_EQ(append(to("order-1", Expected::kNone)).code, AppendCode::kConflict);
  EXPECT_EQ(append(to("order-1", Expected::kExists)).code, AppendCode::kOk);
  EXPECT_EQ(versions(1, Direction::kForward), "7");
}

TEST_P(TruncationContract, RemovedEventsAreNotAppendedASecondTime) {
  truncate(100);
  const AppendResult result = append(again(*first_));
  EXPECT_EQ(result.code, AppendCode::kDuplicate);
  EXPECT_EQ(result.first_position, 1u);
  EXPECT_EQ(result.first_versions, std::vector<std::uint64_t>{1});
  EXPECT_EQ(positions(), "56");
}

TEST_P(TruncationContract, ASeenPositionStillHolds) {
  truncate(100);
  EXPECT_EQ(append(to_seen("order-1", 4)).code, AppendCode::kConflict);
  EXPECT_EQ(append(to_seen("order-1", 8)).code, AppendCode::kOk);
}

TEST_P(TruncationContract, ItNeverGoesBack) {
  truncate(4);
  truncate(2);
  truncate(0);
  EXPECT_EQ(versions(1, Direction::kForward), "456");
}

TEST_P(TruncationContract, OtherStreamsAreLeftAlone) {
  truncate(100, "order-2");
  EXPECT_EQ(versions(1, Direction::kForward), "123456");
  EXPECT_EQ(positions(), "123478");
}

TEST_P(TruncationContract, ALongStreamIsTruncatedWhole) {
  append(to("order-9", Expected::kNone, 4000));
  truncate(3999, "order-9");
  EXPECT_EQ(info("order-9").first_version, 3999u);
  EXPECT_EQ(store_->read_stream("orders", "order-9", 1, Direction::kForward, 100)->events.size(),
            2u);
}

TEST_P(TruncationContract, AnUnknownStreamIsNamed) {
  const char* text = "stream nothing: domain orders has none of this name; list its streams";
  EXPECT_EQ(store_->truncate_stream("orders", "nothing", 1).message(), text);
  EXPECT_EQ(store_->delete_stream("orders", "nothing").message(), text);
  EXPECT_EQ(append(to("nothing", Expected::kNone)).code, AppendCode::kOk);
}

TEST_P(TruncationContract, ADeletedStreamIsEmptyAndTakesNothing) {
  remove();
  EXPECT_EQ(versions(1, Direction::kForward), "");
  EXPECT_EQ(positions(), "56");
  EXPECT_TRUE(info("order-1").deleted);
  for (const Expected expected : {Expected::kAny, Expected::kNone, Expected::kExists}) {
    const AppendResult result =
        append(request({to("order-2", Expected::kAny), to("order-1", expected)}));
    EXPECT_EQ(result.code, AppendCode::kDeleted);
    EXPECT_EQ(result.stream_index, 1u);
    EXPECT_EQ(result.message,
              "append: stream order-1 was deleted at version 6 and takes no more events; use a new "
              "stream");
  }
  EXPECT_EQ(positions(), "56");
}

TEST_P(TruncationContract, RemovedEventsOfADeletedStreamAnswerWithTheFirstResult) {
  remove();
  const AppendResult result = append(again(*first_));
  EXPECT_EQ(result.code, AppendCode::kDuplicate);
  EXPECT_EQ(result.first_position, 1u);
}

TEST_P(TruncationContract, ADeletionMayBeRepeated) {
  remove();
  remove();
  EXPECT_EQ(append(to("order-1", Expected::kAny)).code, AppendCode::kDeleted);
}

}  // namespace
}  // namespace composable::host::testing
