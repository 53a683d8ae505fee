#include "events/sqlite/stream_versions.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

StreamHead at(std::uint64_t version) { return {1, "orders", version, version}; }

TEST(StreamVersions, RemembersWhatWasPut) {
  StreamVersions versions(2);
  EXPECT_EQ(versions.find("a"), nullptr);
  versions.put("a", at(3));
  ASSERT_NE(versions.find("a"), nullptr);
  EXPECT_EQ(versions.find("a")->version, 3u);
}

TEST(StreamVersions, ForgetsTheOneUnusedForLongest) {
  StreamVersions versions(2);
  versions.put("a", at(1));
  versions.put("b", at(2));
  versions.find("a");
  versions.put("c", at(3));
  EXPECT_NE(versions.find("a"), nullptr);
  EXPECT_EQ(versions.find("b"), nullptr);
  EXPECT_NE(versions.find("c"), nullptr);
  EXPECT_EQ(versions.size(), 2u);
}

TEST(StreamVersions, KeepsOneAtLeast) {
  StreamVersions versions(0);
  versions.put("a", at(1));
  versions.put("b", at(2));
  EXPECT_EQ(versions.size(), 1u);
  EXPECT_EQ(versions.find("b")->version, 2u);
}

}  // namespace
}  // namespace composable::host
