#include "composable/text.hpp"

#include <cstddef>
#include <cstdint>

namespace composable {
namespace {

struct Range {
  std::uint32_t first, last;
};

// White_Space (PropList.txt), Default_Ignorable_Code_Point (DerivedCoreProperties.txt) and
// General_Category Cc of Unicode 15.0, ascending; the same in Unicode 14.0.
constexpr Range kUnseen[] = {
    {0x0000, 0x0020},   {0x007f, 0x00a0}, {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x061c, 0x061c},
    {0x115f, 0x1160},   {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x2000, 0x200f},
    {0x2028, 0x202f},   {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

constexpr std::uint32_t kNoText = 0xffffffff;  // is in no range

bool is_unseen(std::uint32_t point) {
  for (const Range& range : kUnseen) {
    if (point <= range.last) return point >= range.first;
  }
  return false;
}

// Takes one code point off the front of `text`.
std::uint32_t take(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < length) return kNoText;
  std::uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  text.remove_prefix(length);
  return point;
}

}  // namespace

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    if (!is_unseen(take(text))) return false;
  }
  return true;
}

}  // namespace composable
