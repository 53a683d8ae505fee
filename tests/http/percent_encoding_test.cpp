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

TEST(PercentEncodingTest, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (const char* text : {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\x80", "\xc3(", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace composable::host
