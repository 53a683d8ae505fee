#include "ws/utf8.hpp"

#include <cstring>

namespace composable::host {

// The second byte's range is what rules out overlong forms (E0, F0), surrogates (ED) and values
// above U+10FFFF (F4).
bool Utf8Check::lead(std::uint8_t byte) {
  low_ = 0x80;
  high_ = 0xBF;
  if (byte >= 0xC2 && byte <= 0xDF) {
    need_ = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    need_ = 2;
    if (byte == 0xE0) low_ = 0xA0;
    if (byte == 0xED) high_ = 0x9F;
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    need_ = 3;
    if (byte == 0xF0) low_ = 0x90;
    if (byte == 0xF4) high_ = 0x8F;
  } else {
    return false;
  }
  return true;
}

bool Utf8Check::feed(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    if (need_ == 0) {
      while (end - at >= 8) {
        std::uint64_t eight;
        std::memcpy(&eight, at, 8);
        if ((eight & kHighBits) != 0) break;
        at += 8;
      }
      if (at == end) break;
      const auto byte = static_cast<std::uint8_t>(*at++);
      if (byte >= 0x80 && !lead(byte)) return false;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(*at++);
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xBF;
    --need_;
  }
  return true;
}

}  // namespace composable::host
