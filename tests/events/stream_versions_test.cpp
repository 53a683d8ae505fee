#include "events/sqlite/stream_versions.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

StreamHead at(std::uint64_t version) { return {1, version, version}; }

TEST(StreamVersions, RemembersWhatWasPut) {
  StreamVersions versions(2);
  EXPECT_EQ(versions.find("orders", "a"), nullptr);
  versions.put("orders", "a", at(3));
  ASSERT_NE(versions.find("orders", "a"), nullptr);
  EXPECT_EQ(versions.find("orders", "a")->version, 3u);
}

TEST(StreamVersions, ForgetsTheOneUnusedForLongest) {
  StreamVersions versions(2);
  versions.put("orders", "a", at(1));
  versions.put("orders", "b", at(2));
  versions.find("orders", "a");
  versions.put("orders", "c", at(3));
  EXPECT_NE(versions.find("orders", "a"), nullptr);
  EXPECT_EQ(versions.find("orders", "b"), nullptr);
  EXPECT_NE(versions.find("orders", "c"), nullptr);
  EXPECT_EQ(versions.size(), 2u);
}

TEST(StreamVersions, TellsTheStreamsOfOneNameApartByTheirDomains) {
  StreamVersions versions(2);
  versions.put("orders", "a", at(1));
  EXPECT_EQ(versions.find("payments", "a"), nullptr);
  versions.put("payments", "a", at(2));
  versions.find("orders", "a");
  versions.put("orders", "b", at(3));
  EXPECT_EQ(versions.find("orders", "a")->version, 1u);
  EXPECT_EQ(versions.find("payments", "a"), nullptr);
}

TEST(StreamVersions, KeepsOneAtLeast) {
  StreamVersions versions(0);
  versions.put("orders", "a", at(1));
  versions.put("orders", "b", at(2));
  EXPECT_EQ(versions.size(), 1u);
  EXPECT_EQ(versions.find("orders", "b")->version, 2u);
}

}  // namespace
}  // namespace composable::host
