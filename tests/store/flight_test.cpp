#include "store/flight.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(FlightRoom, HeldReadsTakeNoneOfIt) {
  Flight flight(1, 1000);
  FlightEntry read;
  read.read = true;
  flight.add(std::move(read));
  EXPECT_TRUE(flight.has_room());
  flight.add({});
  EXPECT_FALSE(flight.has_room());
  flight.take_front();
  EXPECT_FALSE(flight.has_room());
  flight.take_front();
  EXPECT_TRUE(flight.has_room());
}

using CommitState = FlightEntry::CommitState;

// An entry with a request at the log, which the test holds in place of it.
std::unique_ptr<FlightRequest> send(Flight& flight, std::size_t bytes = 1) {
  auto request = std::make_unique<FlightRequest>();
  FlightEntry& entry = flight.add({});
  request->entry = entry.number;
  flight.sent(entry, *request, bytes);
  return request;
}

TEST(FlightTest, EntriesLeaveInTheOrderInWhichTheyCame) {
  Flight flight(10, 1000);
  EXPECT_TRUE(flight.empty());
  for (int n = 0; n < 3; ++n) {
    FlightEntry entry;
    entry.place = static_cast<std::size_t>(n);
    flight.add(std::move(entry));
  }
  EXPECT_EQ(flight.size(), 3u);
  EXPECT_EQ(flight.at(1).place, 1u);
  for (std::size_t n = 0; n < 3; ++n) EXPECT_EQ(flight.take_front().place, n);
  EXPECT_TRUE(flight.empty());
}

TEST(FlightTest, AnAnswerOfTheLogFindsItsEntryAlsoAfterOthersHaveLeft) {
  Flight flight(10, 1000);
  auto first = send(flight);
  flight.add({});  // one without a request
  auto second = send(flight);
  auto third = send(flight);
  EXPECT_EQ(flight.at_log(), 3u);
  EXPECT_EQ(flight.front().commit_state, CommitState::kAtLog);

  EXPECT_EQ(&flight.answered(std::move(first), CommitState::kStored), &flight.front());
  flight.take_front();
  flight.take_front();
  EXPECT_EQ(flight.at_log(), 2u);
  const FlightRequest* const raw = third.get();
  FlightEntry& last = flight.answered(std::move(third), CommitState::kFailed);
  EXPECT_EQ(&last, &flight.at(1));
  EXPECT_EQ(last.request, raw);
  EXPECT_EQ(last.answered.get(), raw);  // kept for as long as the entry
  EXPECT_EQ(flight.front().commit_state, CommitState::kAtLog);
  EXPECT_EQ(flight.at_log(), 1u);
  flight.answered(std::move(second), CommitState::kStored);
  EXPECT_EQ(flight.at_log(), 0u);
}

TEST(FlightTest, ARequestThatIsAskedForAgainIsAtTheLogAgain) {
  Flight flight(10, 1000);
  auto request = send(flight, 100);
  FlightEntry& head = flight.answered(std::move(request), CommitState::kUnknown);
  EXPECT_EQ(flight.at_log(), 0u);
  request = std::move(head.answered);
  flight.sent_again(head);
  EXPECT_EQ(flight.at_log(), 1u);
  EXPECT_EQ(head.commit_state, CommitState::kAtLog);
  EXPECT_EQ(flight.answered(std::move(request), CommitState::kStored).commit_state,
            CommitState::kStored);
  EXPECT_EQ(flight.take_front().bytes, 100u);  // counted once
}

TEST(FlightTest, ItIsFullByEntriesOrByBytesAndHasRoomAgainWhenTheyHaveLeft) {
  Flight flight(2, 1000);
  EXPECT_TRUE(flight.has_room());
  flight.add({});
  EXPECT_TRUE(flight.has_room());
  flight.add({});
  EXPECT_FALSE(flight.has_room());
  flight.add({});  // what one decide returned is never refused for room
  flight.take_front();
  EXPECT_FALSE(flight.has_room());
  flight.take_front();
  EXPECT_TRUE(flight.has_room());
  flight.take_front();

  auto large = send(flight, 999);
  EXPECT_TRUE(flight.has_room());
  flight.answered(std::move(large), CommitState::kStored);
  auto one_more = send(flight, 1);
  flight.take_front();
  EXPECT_TRUE(flight.has_room());
  flight.answered(std::move(one_more), CommitState::kStored);
  flight.take_front();
  auto too_large = send(flight, 1000);
  EXPECT_FALSE(flight.has_room());
  flight.answered(std::move(too_large), CommitState::kStored);
  flight.take_front();
  EXPECT_TRUE(flight.has_room());
}

TEST(FlightTest, NumbersGrowOverAllFlightsOfTheProcess) {
  Flight one(1, 1);
  const std::uint64_t before = one.number();
  EXPECT_NE(before, 0u);  // 0 is no flight
  Flight other(1, 1);
  EXPECT_GT(other.number(), before);
  one.begin_next();
  EXPECT_GT(one.number(), other.number());
  EXPECT_EQ(one.number(), one.number());
}

}  // namespace
}  // namespace composable::host
