// What counts as blank: the code points one by one, and what follows for texts made of them.
#include "composable/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using composable::is_blank;

struct Range {
  std::uint32_t first, last;
};

// As Unicode 15.0 lists them, property by property.
const std::vector<Range> kWhiteSpace = {{0x0009, 0x000d}, {0x0020, 0x0020}, {0x0085, 0x0085},
                                        {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200a},
                                        {0x2028, 0x2028}, {0x2029, 0x2029}, {0x202f, 0x202f},
                                        {0x205f, 0x205f}, {0x3000, 0x3000}};
const std::vector<Range> kDefaultIgnorable = {
    {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x061c, 0x061c},   {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180b, 0x180d},   {0x180e, 0x180e},   {0x180f, 0x180f},
    {0x200b, 0x200f},   {0x202a, 0x202e},   {0x2060, 0x2064},   {0x2065, 0x2065},
    {0x2066, 0x206f},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfff8},   {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0000}, {0xe0001, 0xe0001}, {0xe0002, 0xe001f}, {0xe0020, 0xe007f},
    {0xe0080, 0xe00ff}, {0xe0100, 0xe01ef}, {0xe01f0, 0xe0fff}};
const std::vector<Range> kControls = {{0x0000, 0x001f}, {0x007f, 0x009f}};

bool is_unseen(std::uint32_t point) {
  const auto in = [&](const std::vector<Range>& ranges) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const Range& r) { return r.first <= point && point <= r.last; });
  };
  return in(kWhiteSpace) || in(kDefaultIgnorable) || in(kControls);
}

bool is_surrogate(std::uint32_t point) { return point >= 0xd800 && point <= 0xdfff; }

std::string utf8(std::uint32_t c) {
  const auto byte = [](std::uint32_t b) { return static_cast<char>(b); };
  const auto more = [&](int shift) { return byte(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), more(0)};
  if (c < 0x10000) return {byte(0xe0 | c >> 12), more(6), more(0)};
  return {byte(0xf0 | c >> 18), more(12), more(6), more(0)};
}

TEST(Blank, IsEveryCodePointThatIsNotSeenAndNoOther) {
  for (std::uint32_t point = 0; point <= 0x10ffff; ++point) {
    if (is_surrogate(point)) continue;
    ASSERT_EQ(is_blank(utf8(point)), is_unseen(point)) << "U+" << std::hex << point;
  }
}

TEST(Blank, IsTheEmptyText) { EXPECT_TRUE(is_blank("")); }

TEST(Blank, IsNothingThatIsCutShort) {
  EXPECT_FALSE(is_blank("\xe2\x80"));
  EXPECT_FALSE(is_blank(" \xc2"));
}

rc::Gen<std::uint32_t> point() {
  return rc::gen::suchThat(rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x3100),
                                          rc::gen::inRange<std::uint32_t>(0, 0x110000)),
                           [](std::uint32_t p) { return !is_surrogate(p); });
}

rc::Gen<std::string> unseen_text() {
  std::vector<std::string> all;
  for (std::uint32_t p = 0; p <= 0xe0fff; ++p) {
    if (!is_surrogate(p) && is_unseen(p)) all.push_back(utf8(p));
  }
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(all)),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& piece : pieces) text += piece;
                        return text;
                      });
}

RC_GTEST_PROP(Blank, IsAnyTextOfUnseenOnes, ()) { RC_ASSERT(is_blank(*unseen_text())); }

RC_GTEST_PROP(Blank, IsNoTextWithOneThatIsSeen, ()) {
  const std::uint32_t seen =
      *rc::gen::suchThat(point(), [](std::uint32_t p) { return !is_unseen(p); });
  RC_ASSERT(!is_blank(*unseen_text() + utf8(seen) + *unseen_text()));
}

}  // namespace
