#include "http/http_date.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

std::string date(std::int64_t seconds) {
  std::array<char, kHttpDateLength> out;
  write_http_date(seconds, out);
  return {out.data(), out.size()};
}

TEST(HttpDateTest, WritesTheFixedFormat) {
  EXPECT_EQ(date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date(1709210096), "Thu, 29 Feb 2024 12:34:56 GMT");
}

}  // namespace
}  // namespace composable::host
