#include "ws/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

bool valid(std::string_view text) {
  Utf8Check check;
  return check.feed(text) && check.whole();
}

// RFC 3629 by arithmetic: decode, then look at what came out.
bool valid_by_definition(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t n) { return static_cast<std::uint8_t>(text[n]); };
    const std::uint8_t first = at(i);
    std::size_t tail = 0;
    std::uint32_t point = first;
    if (first >= 0x80) {
      if ((first & 0xE0) == 0xC0)
        tail = 1, point = first & 0x1F;
      else if ((first & 0xF0) == 0xE0)
        tail = 2, point = first & 0x0F;
      else if ((first & 0xF8) == 0xF0)
        tail = 3, point = first & 0x07;
      else
        return false;
    }
    if (i + tail >= text.size()) return false;
    for (std::size_t k = 1; k <= tail; ++k) {
      if ((at(i + k) & 0xC0) != 0x80) return false;
      point = point << 6 | (at(i + k) & 0x3F);
    }
    static constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (point < kLeast[tail] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      return false;
    }
    i += tail + 1;
  }
  return true;
}

struct Sample {
  std::string_view bytes;
  bool good;
};

TEST(Utf8CheckTest, KnowsTheEdgesOfEveryRange) {
  using namespace std::string_view_literals;
  const Sample samples[] = {
      {""sv, true},
      {"\x00"sv, true},
      {"\x7F"sv, true},
      {"\x80"sv, false},          // a continuation without a lead
      {"\xC0\x80"sv, false},      // overlong
      {"\xC1\xBF"sv, false},      // overlong
      {"\xC2\x80"sv, true},       // U+0080
      {"\xDF\xBF"sv, true},       // U+07FF
      {"\xE0\x9F\xBF"sv, false},  // overlong
      {"\xE0\xA0\x80"sv, true},   // U+0800
      {"\xED\x9F\xBF"sv, true},   // U+D7FF
      {"\xED\xA0\x80"sv, false},  // U+D800
      {"\xED\xBF\xBF"sv, false},  // U+DFFF
      {"\xEE\x80\x80"sv, true},   // U+E000
      {"\xEF\xBF\xBF"sv, true},   // U+FFFF
      {"\xF0\x8F\xBF\xBF"sv, false},
      {"\xF0\x90\x80\x80"sv, true},   // U+10000
      {"\xF4\x8F\xBF\xBF"sv, true},   // U+10FFFF
      {"\xF4\x90\x80\x80"sv, false},  // U+110000
      {"\xF5\x80\x80\x80"sv, false},
      {"\xFE"sv, false},
      {"\xFF"sv, false},
      {"\xE2\x82"sv, false},  // cut off
      {"a\xE2\x82\xAC z"sv, true},
  };
  for (const Sample& sample : samples) {
    EXPECT_EQ(valid(sample.bytes), sample.good) << ::testing::PrintToString(sample.bytes);
  }
}

TEST(Utf8CheckTest, AgreesWithTheDefinitionOnAllTextsOfThreeBytes) {
  std::string text(3, '\0');
  for (std::uint32_t n = 0; n < 1u << 24; n += 1) {
    if ((n & 0xFF) % 16 > 1 && (n >> 8 & 0xFF) % 16 > 1) continue;  // edges of 16 suffice
    for (int i = 0; i < 3; ++i) text[i] = static_cast<char>(n >> (8 * (2 - i)));
    ASSERT_EQ(valid(text), valid_by_definition(text)) << ::testing::PrintToString(text);
  }
}

TEST(Utf8CheckTest, SeesTheSameInPieces) {
  const std::string text = "aé€\xF0\x9F\x98\x80 plain text that is long enough";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Check check;
    EXPECT_TRUE(check.feed(std::string_view(text).substr(0, cut)));
    EXPECT_TRUE(check.feed(std::string_view(text).substr(cut)));
    EXPECT_TRUE(check.whole());
  }
}

}  // namespace
}  // namespace composable::host
