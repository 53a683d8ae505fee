// What reads give back, on every store.
#include <gtest/gtest.h>

#include <limits>

#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();

class ReadContract : public EventStoreContract {};

COMPOSABLE_FOR_EVERY_STORE(ReadContract);

std::vector<std::uint64_t> positions(const EventPage& page) {
  std::vector<std::uint64_t> found;
  for (const StoredEvent& event : page.events) found.push_back(event.position);
  return found;
}

std::vector<std::uint64_t> versions(const EventPage& page) {
  std::vector<std::uint64_t> found;
  for (const StoredEvent& event : page.events) found.push_back(event.version);
  return found;
}

using Numbers = std::vector<std::uint64_t>;

TEST_P(ReadContract, AnEmptyLogHasNoEvents) {
  const auto page = store_->read_all(1, Direction::kForward, 10, {});
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->events.empty());
  EXPECT_FALSE(page->more);
  EXPECT_TRUE(store_->read_all(kEnd, Direction::kBackward, 10, {})->events.empty());
}

TEST_P(ReadContract, AnUnknownStreamHasNoEvents) {
  EXPECT_TRUE(store_->read_stream("orders", "nothing", 1, Direction::kForward, 10)->events.empty());
  EXPECT_EQ(info("nothing").version, 0u);
  EXPECT_EQ(info("nothing").stream, "nothing");
}

TEST_P(ReadContract, AStreamIsReadForward) {
  append(to("order-1", Expected::kAny, 5));
  const auto page = store_->read_stream("orders", "order-1", 2, Direction::kForward, 3);
  EXPECT_EQ(versions(*page), (Numbers{2, 3, 4}));
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->next, 5u);
}

TEST_P(ReadContract, AStreamIsReadBackward) {
  append(to("order-1", Expected::kAny, 5));
  const auto page = store_->read_stream("orders", "order-1", kEnd, Direction::kBackward, 3);
  EXPECT_EQ(versions(*page), (Numbers{5, 4, 3}));
  EXPECT_TRUE(page->more);
  const auto rest = store_->read_stream("orders", "order-1", page->next, Direction::kBackward, 3);
  EXPECT_EQ(versions(*rest), (Numbers{2, 1}));
  EXPECT_FALSE(rest->more);
}

TEST_P(ReadContract, TheLastPageOfAStreamSaysSo) {
  append(to("order-1", Expected::kAny, 4));
  EXPECT_TRUE(store_->read_stream("orders", "order-1", 1, Direction::kForward, 3)->more);
  EXPECT_FALSE(store_->read_stream("orders", "order-1", 1, Direction::kForward, 4)->more);
  EXPECT_FALSE(store_->read_stream("orders", "order-1", 4, Direction::kForward, 4)->more);
}

TEST_P(ReadContract, ReadingAStreamFromBeyondItsEndGivesNothing) {
  append(to("order-1", Expected::kAny, 2));
  const auto page = store_->read_stream("orders", "order-1", 3, Direction::kForward, 10);
  EXPECT_TRUE(page->events.empty());
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->next, 3u);
}

TEST_P(ReadContract, AStreamHoldsItsOwnEventsOnly) {
  append(request({to("order-1", Expected::kAny, 2), to("order-2", Expected::kAny, 2)}));
  append(to("order-1", Expected::kAny));
  EXPECT_EQ(positions(*store_->read_stream("orders", "order-1", 1, Direction::kForward, 10)),
            (Numbers{1, 2, 5}));
}

TEST_P(ReadContract, TheLogIsReadForward) {
  append(to("order-1", Expected::kAny, 5));
  const auto page = store_->read_all(2, Direction::kForward, 2, {});
  EXPECT_EQ(positions(*page), (Numbers{2, 3}));
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->next, 4u);
}

TEST_P(ReadContract, TheLogIsReadBackward) {
  append(to("order-1", Expected::kAny, 5));
  const auto page = store_->read_all(kEnd, Direction::kBackward, 2, {});
  EXPECT_EQ(positions(*page), (Numbers{5, 4}));
  EXPECT_EQ(page->next, 3u);
  const auto rest = store_->read_all(page->next, Direction::kBackward, 10, {});
  EXPECT_EQ(positions(*rest), (Numbers{3, 2, 1}));
  EXPECT_FALSE(rest->more);
}

TEST_P(ReadContract, PositionZeroBackwardIsBeforeTheLog) {
  append(to("order-1", Expected::kAny, 2));
  const auto page = store_->read_all(0, Direction::kBackward, 10, {});
  EXPECT_TRUE(page->events.empty());
  EXPECT_FALSE(page->more);
}

TEST_P(ReadContract, ReadingTheLogFromBeyondItsEndGivesNothing) {
  append(to("order-1", Expected::kAny, 2));
  const auto page = store_->read_all(3, Direction::kForward, 10, {});
  EXPECT_TRUE(page->events.empty());
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->next, 3u);
}

TEST_P(ReadContract, AReaderThatWaitsAtTheEndGoesOnWhereItWas) {
  append(to("order-1", Expected::kAny, 2));
  const std::uint64_t next = store_->read_all(1, Direction::kForward, 10, {})->next;
  append(to("order-1", Expected::kAny));
  EXPECT_EQ(positions(*store_->read_all(next, Direction::kForward, 10, {})), Numbers{3});
}

TEST_P(ReadContract, APageHasAtMostOneThousandEvents) {
  append(to("order-1", Expected::kAny, 1500));
  const auto all = store_->read_all(1, Direction::kForward, 5000, {});
  EXPECT_EQ(all->events.size(), 1000u);
  EXPECT_TRUE(all->more);
  EXPECT_EQ(store_->read_stream("orders", "order-1", 1, Direction::kForward, 5000)->events.size(),
            1000u);
  EXPECT_EQ(whole_log(*store_).size(), 1500u);
}

TEST_P(ReadContract, PagesOfAnySizeMakeUpTheSameLog) {
  for (int i = 0; i < 25; ++i) append(to("order-" + std::to_string(i % 3), Expected::kAny, 2));
  const auto at_once = whole_log(*store_);
  for (const std::size_t size : {1, 7, 49, 50, 51}) {
    const auto paged = whole_log(*store_, size);
    ASSERT_EQ(paged.size(), at_once.size());
    for (std::size_t i = 0; i < paged.size(); ++i) EXPECT_EQ(paged[i].id, at_once[i].id);
  }
}

TEST_P(ReadContract, TheLogIsFilteredByDomain) {
  append(to("order-1", Expected::kAny), "orders");
  append(to("payment-1", Expected::kAny), "payments");
  append(to("order-2", Expected::kAny), "orders");
  const auto page = store_->read_all(1, Direction::kForward, 10, {"orders", ""});
  EXPECT_EQ(positions(*page), (Numbers{1, 3}));
  EXPECT_EQ(page->next, 4u);
}

TEST_P(ReadContract, TheLogIsFilteredByType) {
  append(to("order-1", Expected::kAny, 1, "Placed"));
  append(to("order-1", Expected::kAny, 1, "Shipped"));
  append(to("order-2", Expected::kAny, 1, "Placed"));
  EXPECT_EQ(positions(*store_->read_all(1, Direction::kForward, 10, {"", "Placed"})),
            (Numbers{1, 3}));
  EXPECT_EQ(positions(*store_->read_all(kEnd, Direction::kBackward, 10, {"orders", "Placed"})),
            (Numbers{3, 1}));
}

TEST_P(ReadContract, AFilterThatMatchesNothingEnds) {
  append(to("order-1", Expected::kAny, 30));
  std::uint64_t from = 1;
  bool more = true;
  while (more) {
    const auto page = store_->read_all(from, Direction::kForward, 10, {"", "Nothing"});
    EXPECT_TRUE(page->events.empty());
    from = page->next;
    more = page->more;
  }
  EXPECT_EQ(from, 31u);
}

TEST_P(ReadContract, ReplayVisitsTheEventsOfOneDomainInOrder) {
  append(to("order-1", Expected::kAny, 2), "orders");
  append(to("payment-1", Expected::kAny, 2), "payments");
  append(to("order-2", Expected::kAny, 1), "orders");
  std::vector<std::pair<std::uint64_t, std::string>> seen;
  ASSERT_TRUE(store_
                  ->replay("orders", 1,
                           [&](const EventStore::EventView& e) {
                             seen.emplace_back(e.position, e.stream);
                             return absl::OkStatus();
                           })
                  .ok());
  EXPECT_EQ(seen, (std::vector<std::pair<std::uint64_t, std::string>>{
                      {1, "order-1"}, {2, "order-1"}, {5, "order-2"}}));
}

TEST_P(ReadContract, ReplayShowsAllOfAnEvent) {
  auto r = request({to("order-1", Expected::kAny)});
  r->recorded_at_us = 77;
  r->meta = {new_id(), new_id(), "user-7", ""};
  const Uuid id = r->streams[0].events[0].id;
  const EventMeta meta = r->meta;
  append(std::move(r));
  int visits = 0;
  const absl::Status status = store_->replay("orders", 0, [&](const EventStore::EventView& e) {
    ++visits;
    EXPECT_EQ(e.version, 1u);
    EXPECT_EQ(e.type, "Happened");
    EXPECT_EQ(e.data, R"({"n":0})");
    EXPECT_EQ(e.actor, "user-7");
    EXPECT_EQ(e.recorded_at_us, 77);
    EXPECT_EQ(e.id, id);
    EXPECT_EQ(e.correlation, meta.correlation);
    EXPECT_EQ(e.cause, meta.cause);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(visits, 1);
}

TEST_P(ReadContract, ReplayBeginsAtThePositionAndCrossesPages) {
  for (int i = 0; i < 3; ++i) append(to("order-1", Expected::kAny, 1000));
  std::uint64_t next = 500;
  const absl::Status status = store_->replay("orders", 500, [&](const EventStore::EventView& e) {
    EXPECT_EQ(e.position, next++);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(next, 3001u);
}

TEST_P(ReadContract, ReplaySkipsPagesOfOtherDomains) {
  append(to("payment-1", Expected::kAny, 2500), "payments");
  append(to("order-1", Expected::kAny), "orders");
  std::uint64_t seen = 0;
  ASSERT_TRUE(store_
                  ->replay("orders", 1,
                           [&](const EventStore::EventView& e) {
                             seen = e.position;
                             return absl::OkStatus();
                           })
                  .ok());
  EXPECT_EQ(seen, 2501u);
}

TEST_P(ReadContract, ReplayStopsAtTheFirstFailureAndReturnsIt) {
  append(to("order-1", Expected::kAny, 5));
  int visits = 0;
  const absl::Status status = store_->replay("orders", 1, [&](const EventStore::EventView& e) {
    ++visits;
    return e.position == 2 ? absl::InternalError("evolve threw") : absl::OkStatus();
  });
  EXPECT_EQ(status.message(), "evolve threw");
  EXPECT_EQ(visits, 2);
  EXPECT_EQ(store_->read_all(1, Direction::kForward, 10, {})->events.size(), 5u);
}

TEST_P(ReadContract, StreamsAreListedByNameAndPrefix) {
  append(to("order-2", Expected::kAny, 2));
  append(to("order-1", Expected::kAny));
  append(to("payment-1", Expected::kAny), "payments");
  const auto orders = store_->list_streams("orders", "order-", "", 10);
  ASSERT_EQ(orders->size(), 2u);
  EXPECT_EQ((*orders)[0].stream, "order-1");
  EXPECT_EQ((*orders)[1].stream, "order-2");
  EXPECT_EQ((*orders)[1].version, 2u);
  EXPECT_EQ((*orders)[1].last_position, 2u);
  EXPECT_EQ((*orders)[1].domain, "orders");
  EXPECT_EQ(store_->list_streams("orders", "", "", 10)->size(), 2u);
  EXPECT_TRUE(store_->list_streams("orders", "order-3", "", 10)->empty());
}

TEST_P(ReadContract, ListingGoesOnAfterAName) {
  for (const char* name : {"a", "b", "c", "d"}) append(to(name, Expected::kAny));
  EXPECT_EQ(store_->list_streams("orders", "", "", 2)->back().stream, "b");
  const auto rest = store_->list_streams("orders", "", "b", 10);
  ASSERT_EQ(rest->size(), 2u);
  EXPECT_EQ(rest->front().stream, "c");
}

TEST_P(ReadContract, APrefixOfHighBytesIsListed) {
  append(
      to("\xff\xff"
         "a",
         Expected::kAny));
  append(to("\xfe", Expected::kAny));
  EXPECT_EQ(store_->list_streams("orders", "\xff", "", 10)->size(), 1u);
  EXPECT_EQ(store_->list_streams("orders", "\xfe", "", 10)->size(), 1u);
}

TEST_P(ReadContract, TheEpochIsAnIdentity) {
  EXPECT_FALSE(store_->epoch().is_nil());
  EXPECT_EQ(store_->epoch(), store_->epoch());
}

}  // namespace
}  // namespace composable::host::testing
