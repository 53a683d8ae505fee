#include "runtime/utf8.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

TEST(Utf8, IsKnown) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"));
  for (const char* text :
       {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\x80", "\xc3(", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8, ReadsTheFirstCodePoint) {
  const auto first = [](std::string_view text) {
    const CodePoint point = first_code_point(text);
    return std::pair(static_cast<unsigned>(point.value), point.bytes);
  };
  EXPECT_EQ(first("a\xff"), std::pair(0x61u, std::size_t{1}));
  EXPECT_EQ(first("\xc3\xbc!"), std::pair(0xfcu, std::size_t{2}));
  EXPECT_EQ(first("\xe2\x82\xac"), std::pair(0x20acu, std::size_t{3}));
  EXPECT_EQ(first("\xf0\x9f\x98\x80"), std::pair(0x1f600u, std::size_t{4}));
  EXPECT_EQ(first("").second, 0u);
  EXPECT_EQ(first("\xe2\x82").second, 0u);
}

}  // namespace
}  // namespace composable::host
