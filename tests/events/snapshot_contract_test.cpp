// Snapshots of domains, on every store.
#include <gtest/gtest.h>

#include <thread>

#include "events/snapshots.hpp"
#include "store_harness.hpp"

namespace composable::host::testing {
namespace {

class SnapshotContract : public EventStoreContract {
 protected:
  SnapshotContract() { append(to("order-1", Expected::kAny, 99)); }
  SnapshotStore& snapshots() { return store_->snapshots(); }
  bool save(std::string schema, std::uint64_t position, std::string data = "state") {
    const auto saved = snapshots().save("orders", schema, position, data);
    EXPECT_TRUE(saved.ok()) << saved.status();
    return saved.ok() && *saved;
  }
  // "" when there is none.
  std::string data(std::string_view schema, std::string_view domain = "orders") {
    const auto found = snapshots().load(domain, schema);
    EXPECT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->ignored, "");
    return found->snapshot ? found->snapshot->data : "";
  }
  std::string listed() {
    std::string text;
    const auto all = snapshots().list("orders");
    for (const SnapshotInfo& info : *all) {
      text += info.schema + "@" + std::to_string(info.position) + " ";
    }
    return text;
  }
};

COMPOSABLE_FOR_EVERY_STORE(SnapshotContract);

TEST_P(SnapshotContract, WhatIsSavedIsLoaded) {
  EXPECT_TRUE(save("v1", 42, std::string("a\0b", 3)));
  const auto found = snapshots().load("orders", "v1");
  ASSERT_TRUE(found->snapshot.has_value());
  EXPECT_EQ(found->snapshot->position, 42u);
  EXPECT_EQ(found->snapshot->data, std::string("a\0b", 3));
}

TEST_P(SnapshotContract, ThereIsNoneOfAnotherSchemaOrDomain) {
  EXPECT_TRUE(save("v1", 42));
  EXPECT_EQ(data("v2"), "");
  EXPECT_EQ(data("v1", "payments"), "");
}

TEST_P(SnapshotContract, OneOfManyPartsIsWhole) {
  std::string large(3'000'001, '\0');
  for (std::size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<char>(i * 2654435761u >> 13);
  EXPECT_TRUE(save("v1", 42, large));
  EXPECT_TRUE(data("v1") == large);
}

TEST_P(SnapshotContract, AnEmptyOneIsOne) {
  EXPECT_TRUE(save("v1", 42, ""));
  const auto found = snapshots().load("orders", "v1");
  ASSERT_TRUE(found->snapshot.has_value());
  EXPECT_EQ(found->snapshot->position, 42u);
}

TEST_P(SnapshotContract, ANewerOneReplacesIt) {
  EXPECT_TRUE(save("v1", 42, "old"));
  EXPECT_TRUE(save("v1", 43, "new"));
  EXPECT_EQ(data("v1"), "new");
  EXPECT_EQ(listed(), "v1@43 ");
}

TEST_P(SnapshotContract, AnOlderOneNeverReplacesIt) {
  EXPECT_TRUE(save("v1", 42, "new"));
  EXPECT_FALSE(save("v1", 41, "old"));
  EXPECT_FALSE(save("v1", 42, "same"));
  EXPECT_EQ(data("v1"), "new");
}

TEST_P(SnapshotContract, OnlyTheNewestFourOfADomainAreKept) {
  for (int i = 1; i <= 6; ++i) EXPECT_TRUE(save("v" + std::to_string(i), 10u * i));
  EXPECT_EQ(listed(), "v6@60 v5@50 v4@40 v3@30 ");
  EXPECT_EQ(data("v2"), "");
}

TEST_P(SnapshotContract, OneThatIsOlderThanFourOthersIsNotKept) {
  for (int i = 2; i <= 5; ++i) save("v" + std::to_string(i), 10u * i);
  EXPECT_FALSE(save("v1", 10));
  EXPECT_EQ(listed(), "v5@50 v4@40 v3@30 v2@20 ");
}

TEST_P(SnapshotContract, OtherDomainsAreLeftAlone) {
  EXPECT_TRUE(*snapshots().save("payments", "v1", 1, "theirs"));
  for (int i = 1; i <= 6; ++i) save("v" + std::to_string(i), 10u * i);
  EXPECT_EQ(data("v1", "payments"), "theirs");
  EXPECT_TRUE(snapshots().remove("orders").ok());
  EXPECT_EQ(listed(), "");
  EXPECT_EQ(data("v1", "payments"), "theirs");
}

TEST_P(SnapshotContract, ARemovedOneMayBeSavedAgainAtAnyPosition) {
  EXPECT_TRUE(save("v1", 42));
  EXPECT_TRUE(snapshots().remove("orders").ok());
  EXPECT_EQ(data("v1"), "");
  EXPECT_TRUE(save("v1", 7, "again"));
  EXPECT_EQ(data("v1"), "again");
}

TEST_P(SnapshotContract, TheListSaysWhatIsThere) {
  save("v1", 42, "state");
  const auto all = *snapshots().list("orders");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].domain, "orders");
  EXPECT_EQ(all[0].bytes, 5u);
  EXPECT_GT(all[0].saved_at_us, 0);
}

TEST_P(SnapshotContract, APositionThatIsNotInTheLogIsRefused) {
  EXPECT_EQ(snapshots().save("orders", "v1", 100, "x").status().message(),
            "snapshot of orders: position 100 is not in the log, which ends at 99; save what was "
            "seen");
  EXPECT_EQ(snapshots().save("orders", "v1", 0, "x").status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(listed(), "");
}

TEST_P(SnapshotContract, NamesAndSizeHaveLimits) {
  EXPECT_FALSE(snapshots().save("", "v1", 1, "x").ok());
  EXPECT_FALSE(snapshots().save("orders", "", 1, "x").ok());
  EXPECT_FALSE(snapshots().save("orders", std::string(256, 's'), 1, "x").ok());
  const std::string large(kMaxSnapshotBytes + 1, 'x');
  EXPECT_EQ(
      snapshots().save("orders", "v1", 1, large).status().message(),
      "snapshot of orders: 67108865 bytes, at most 67108864 are kept; replay this domain from "
      "its events");
}

TEST_P(SnapshotContract, AppendsGoOnWhileOneIsWritten) {
  std::thread saver([&] {
    for (std::uint64_t p = 1; p <= 5; ++p) save("v1", p, std::string(2'000'000, 'x'));
  });
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(append(to("order-2", Expected::kAny)).code, AppendCode::kOk);
  saver.join();
  EXPECT_EQ(data("v1").size(), 2'000'000u);
}

}  // namespace
}  // namespace composable::host::testing
