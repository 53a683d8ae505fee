#include "ws/address_counts.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(AddressCountsTest, CountsAnIpv6CustomerByItsNetwork) {
  EXPECT_EQ(AddressCounts::key("2001:db8:1:2:3:4:5:6"), AddressCounts::key("2001:db8:1:2::9"));
  EXPECT_NE(AddressCounts::key("2001:db8:1:2::9"), AddressCounts::key("2001:db8:1:3::9"));
}

TEST(AddressCountsTest, SeesAnIpv4AddressThroughItsMapping) {
  EXPECT_EQ(AddressCounts::key("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(AddressCounts::key("fe80::1%eth0"), AddressCounts::key("fe80::1"));
}

TEST(AddressCountsTest, ForgetsAnAddressWithItsLastSocket) {
  AddressCounts counts;
  counts.add("192.0.2.7");
  counts.add("192.0.2.7");
  EXPECT_EQ(counts.count("192.0.2.7"), 2u);
  EXPECT_EQ(counts.count("192.0.2.8"), 0u);
  counts.remove("192.0.2.7");
  counts.remove("192.0.2.7");
  counts.remove("192.0.2.7");
  EXPECT_EQ(counts.count("192.0.2.7"), 0u);
}

}  // namespace
}  // namespace composable::host
