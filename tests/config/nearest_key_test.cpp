#include "config/nearest_key.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace composable::host {
namespace {

constexpr std::array<std::string_view, 4> kKnown = {"listen", "log", "threads", "data_dir"};

TEST(NearestKey, FindsSlips) {
  EXPECT_EQ(nearest_key("listn", kKnown), "listen");
  EXPECT_EQ(nearest_key("Listen", kKnown), "listen");
  EXPECT_EQ(nearest_key("lsiten", kKnown), "listen");
  EXPECT_EQ(nearest_key("thread", kKnown), "threads");
  EXPECT_EQ(nearest_key("dataDir", kKnown), "data_dir");
  EXPECT_EQ(nearest_key("lgo", kKnown), "log");
}

TEST(NearestKey, DoesNotGuessWildly) {
  EXPECT_EQ(nearest_key("cat", kKnown), "");
  EXPECT_EQ(nearest_key("lo", kKnown), "");
  EXPECT_EQ(nearest_key("", kKnown), "");
  EXPECT_EQ(nearest_key(std::string(10'000, 'x'), kKnown), "");
}

}  // namespace
}  // namespace composable::host
