// A stream belongs to its domain: two domains with one name for a stream each, on every store.
#include <gtest/gtest.h>

#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

class StreamDomainContract : public EventStoreContract {
 protected:
  // Both have customer-7: orders at positions 1, 2 and 4, payments at 3 and 5.
  StreamDomainContract() {
    first_ = request({to("customer-7", Expected::kNone, 2, "Ordered")}, "orders");
    append(again(*first_));
    append(to("customer-7", Expected::kNone, 1, "Paid"), "payments");
    append(to("customer-7", Expected::kExists, 1, "Ordered"), "orders");
    append(to_exactly("customer-7", 1), "payments");
  }
  std::string read(std::string_view domain, std::string_view stream = "customer-7",
                   Direction direction = Direction::kForward) {
    const auto page = store_->read_stream(domain, stream, direction == Direction::kForward ? 1 : 99,
                                          direction, 9);
    std::string text;
    for (const StoredEvent& e : page->events) {
      EXPECT_EQ(e.domain, domain);
      EXPECT_EQ(e.stream, stream);
      text += std::to_string(e.version) + "@" + std::to_string(e.position) + " ";
    }
    return text;
  }
  std::string listed(std::string_view domain, std::string_view prefix = "",
                     std::string_view after = "", std::size_t max = 100) {
    std::string text;
    const auto page = store_->list_streams(domain, prefix, after, max);
    for (const StreamInfo& s : *page) {
      EXPECT_EQ(s.domain, domain);
      text += s.stream + ":" + std::to_string(s.version) + " ";
    }
    return text;
  }
  std::string visited(std::string_view domain, std::uint64_t position = 100) {
    std::string text;
    const absl::Status status = store_->visit_streams(domain, position, [&](const StreamInfo& s) {
      EXPECT_EQ(s.domain, domain);
      text += s.stream + ":" + std::to_string(s.version) + "@" + std::to_string(s.last_position) +
              (s.deleted ? "x " : " ");
    });
    EXPECT_TRUE(status.ok()) << status;
    return text;
  }

  std::unique_ptr<AppendRequest> first_;
};

COMPOSABLE_FOR_EVERY_STORE(StreamDomainContract);

TEST_P(StreamDomainContract, EachCountsItsOwnVersions) {
  EXPECT_EQ(info("customer-7", "orders").version, 3u);
  EXPECT_EQ(info("customer-7", "payments").version, 2u);
  EXPECT_EQ(info("customer-7", "orders").last_position, 4u);
  EXPECT_EQ(info("customer-7", "payments").last_position, 5u);
  EXPECT_EQ(info("customer-7", "nobody").version, 0u);
  EXPECT_EQ(info("customer-7", "payments").domain, "payments");
}

TEST_P(StreamDomainContract, AnExpectationIsOfTheDomainsOwnStream) {
  EXPECT_EQ(append(to_exactly("customer-7", 3), "payments").code, AppendCode::kConflict);
  const AppendResult result = append(to_exactly("customer-7", 2), "payments");
  EXPECT_EQ(result.code, AppendCode::kOk);
  EXPECT_EQ(result.first_versions.at(0), 3u);
  // Nothing of orders' stream came after position 4, whatever the other one did.
  EXPECT_EQ(append(to_seen("customer-7", 4), "orders").code, AppendCode::kOk);
}

TEST_P(StreamDomainContract, AThirdDomainBeginsAtVersion1) {
  const AppendResult result = append(to("customer-7", Expected::kNone), "letters");
  EXPECT_EQ(result.code, AppendCode::kOk);
  EXPECT_EQ(result.first_versions.at(0), 1u);
  EXPECT_EQ(result.first_position, 6u);
}

TEST_P(StreamDomainContract, ReadingShowsTheDomainsOwnEventsOnly) {
  EXPECT_EQ(read("orders"), "1@1 2@2 3@4 ");
  EXPECT_EQ(read("payments"), "1@3 2@5 ");
  EXPECT_EQ(read("payments", "customer-7", Direction::kBackward), "2@5 1@3 ");
  EXPECT_EQ(read("letters"), "");
}

TEST_P(StreamDomainContract, TheWholeLogAndReplayNameTheDomain) {
  std::string domains;
  for (const StoredEvent& e : whole_log(*store_)) domains += e.domain.substr(0, 1);
  EXPECT_EQ(domains, "oopop");
  std::string types;
  EXPECT_TRUE(store_
                  ->replay("payments", 1,
                           [&](const EventStore::EventView& e) {
                             types += std::string(e.type) + std::to_string(e.version) + " ";
                             return absl::OkStatus();
                           })
                  .ok());
  EXPECT_EQ(types, "Paid1 Happened2 ");
}

TEST_P(StreamDomainContract, StreamsAreListedByDomain) {
  append(to("customer-8", Expected::kAny), "orders");
  append(to("abc", Expected::kAny), "payments");
  EXPECT_EQ(listed("orders"), "customer-7:3 customer-8:1 ");
  EXPECT_EQ(listed("payments"), "abc:1 customer-7:2 ");
  EXPECT_EQ(listed("payments", "cust"), "customer-7:2 ");
  EXPECT_EQ(listed("payments", "", "abc"), "customer-7:2 ");
  EXPECT_EQ(listed("orders", "", "", 1), "customer-7:3 ");
  EXPECT_EQ(listed("letters"), "");
}

TEST_P(StreamDomainContract, StreamsAreVisitedAsTheyWereAtAPosition) {
  append(to("customer-8", Expected::kAny), "orders");
  EXPECT_EQ(visited("orders"), "customer-7:3@4 customer-8:1@6 ");
  EXPECT_EQ(visited("orders", 5), "customer-7:3@4 ");
  EXPECT_EQ(visited("orders", 3), "customer-7:2@2 ");
  EXPECT_EQ(visited("payments", 3), "customer-7:1@3 ");
  EXPECT_EQ(visited("payments", 2), "");
  EXPECT_EQ(visited("letters"), "");
}

TEST_P(StreamDomainContract, RemovedEventsCountForWhoVisits) {
  EXPECT_TRUE(store_->truncate_stream("orders", "customer-7", 100).ok());
  EXPECT_TRUE(store_->delete_stream("payments", "customer-7").ok());
  EXPECT_EQ(visited("orders"), "customer-7:3@4 ");
  EXPECT_EQ(visited("payments"), "customer-7:2@5x ");
}

TEST_P(StreamDomainContract, ManyStreamsAreAllVisited) {
  for (int i = 0; i < 3; ++i) {
    std::vector<StreamAppend> streams;
    for (int j = 0; j < 834; ++j) {
      streams.push_back(to("s-" + std::to_string(i * 834 + j), Expected::kNone));
    }
    ASSERT_EQ(append(request(std::move(streams), "many")).code, AppendCode::kOk);
  }
  std::size_t all = 0, early = 0;
  EXPECT_TRUE(store_->visit_streams("many", 9999, [&](const StreamInfo&) { ++all; }).ok());
  EXPECT_TRUE(store_->visit_streams("many", 5 + 834, [&](const StreamInfo&) { ++early; }).ok());
  EXPECT_EQ(all, 3u * 834u);
  EXPECT_EQ(early, 834u);
}

TEST_P(StreamDomainContract, TruncatingOneLeavesTheOther) {
  EXPECT_TRUE(store_->truncate_stream("orders", "customer-7", 3).ok());
  EXPECT_EQ(read("orders"), "3@4 ");
  EXPECT_EQ(read("payments"), "1@3 2@5 ");
  EXPECT_EQ(info("customer-7", "payments").first_version, 1u);
  EXPECT_EQ(whole_log(*store_).size(), 3u);
}

TEST_P(StreamDomainContract, DeletingOneLeavesTheOther) {
  EXPECT_TRUE(store_->delete_stream("orders", "customer-7").ok());
  EXPECT_EQ(read("orders"), "");
  EXPECT_EQ(read("payments"), "1@3 2@5 ");
  EXPECT_EQ(append(to("customer-7", Expected::kAny), "orders").code, AppendCode::kDeleted);
  EXPECT_EQ(append(to_exactly("customer-7", 2), "payments").code, AppendCode::kOk);
  EXPECT_FALSE(info("customer-7", "payments").deleted);
}

TEST_P(StreamDomainContract, AStreamOfAnotherDomainIsNotFound) {
  append(to("only-theirs", Expected::kAny), "payments");
  const char* text = "stream only-theirs: domain orders has none of this name; list its streams";
  EXPECT_EQ(store_->truncate_stream("orders", "only-theirs", 1).message(), text);
  EXPECT_EQ(store_->delete_stream("orders", "only-theirs").message(), text);
  EXPECT_EQ(read("payments", "only-theirs"), "1@6 ");
}

TEST_P(StreamDomainContract, AKnownIdInAnotherDomainsStreamOfThatNameIsInvalid) {
  auto foreign = again(*first_);
  foreign->domain = "payments";
  EXPECT_EQ(append(std::move(foreign)).code, AppendCode::kInvalid);
  EXPECT_EQ(append(again(*first_)).code, AppendCode::kDuplicate);
  EXPECT_EQ(info("customer-7", "payments").version, 2u);
}

TEST_P(StreamDomainContract, TheNamesOfDomainAndStreamDoNotRunTogether) {
  append(to("c", Expected::kNone), "ab");
  EXPECT_EQ(append(to("bc", Expected::kNone), "a").first_versions.at(0), 1u);
  EXPECT_EQ(info("bc", "a").version, 1u);
  EXPECT_EQ(info("c", "ab").version, 1u);
}

}  // namespace
}  // namespace composable::host::testing
