#include "runtime/nearest_name.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace composable::host {
namespace {

constexpr std::array<std::string_view, 7> kKnown = {
    "listen", "log", "threads", "data_dir", "PlaceOrder", "CancelOrder", "ShipOrder"};

TEST(NearestName, FindsSlips) {
  EXPECT_EQ(nearest_name("listn", kKnown), "listen");
  EXPECT_EQ(nearest_name("Listen", kKnown), "listen");
  EXPECT_EQ(nearest_name("lsiten", kKnown), "listen");
  EXPECT_EQ(nearest_name("thread", kKnown), "threads");
  EXPECT_EQ(nearest_name("dataDir", kKnown), "data_dir");
  EXPECT_EQ(nearest_name("lgo", kKnown), "log");
  EXPECT_EQ(nearest_name("PlaceOder", kKnown), "PlaceOrder");
  EXPECT_EQ(nearest_name("shipordre", kKnown), "ShipOrder");
}

TEST(NearestName, DoesNotGuessWildly) {
  EXPECT_EQ(nearest_name("cat", kKnown), "");
  EXPECT_EQ(nearest_name("lo", kKnown), "");
  EXPECT_EQ(nearest_name("Refund", kKnown), "");
  EXPECT_EQ(nearest_name("", kKnown), "");
  EXPECT_EQ(nearest_name(std::string(10'000, 'x'), kKnown), "");
}

TEST(NearestName, BecomesTheEndOfASentenceOrNothing) {
  EXPECT_EQ(did_you_mean("PlaceOder", kKnown), "; did you mean \"PlaceOrder\"?");
  EXPECT_EQ(did_you_mean("Refund", kKnown), "");
}

}  // namespace
}  // namespace composable::host
