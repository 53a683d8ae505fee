#include "http/percent_encoding.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(PercentEncodingTest, DecodesEscapes) {
  std::string out;
  EXPECT_TRUE(percent_decode("a%20b%2Fc%c3%bc+", PlusSign::kLiteral, out));
  EXPECT_EQ(out, "a b/c\xc3\xbc+");
  out.clear();
  EXPECT_TRUE(percent_decode("a+b%2B", PlusSign::kSpace, out));
  EXPECT_EQ(out, "a b+");
}

TEST(PercentEncodingTest, RefusesAnEscapeWithoutTwoDigits) {
  std::string out;
  for (const char* text : {"%", "%4", "a%4g", "%g4", "%%41"}) {
    EXPECT_FALSE(percent_decode(text, PlusSign::kLiteral, out)) << text;
  }
}

}  // namespace
}  // namespace composable::host
