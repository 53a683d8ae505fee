#include "ws/nearest_name.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

const std::vector<std::string_view> kNames = {"PlaceOrder", "CancelOrder", "ShipOrder"};

TEST(NearestNameTest, FindsASlipOfTheFingerAndTheWrongCase) {
  EXPECT_EQ(nearest_name("PlaceOder", kNames), "PlaceOrder");
  EXPECT_EQ(nearest_name("shiporder", kNames), "ShipOrder");
}

TEST(NearestNameTest, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("Refund", kNames), "");
  EXPECT_EQ(did_you_mean("", kNames), "");
  EXPECT_EQ(did_you_mean(std::string(10'000, 'x'), kNames), "");
}

}  // namespace
}  // namespace composable::host
