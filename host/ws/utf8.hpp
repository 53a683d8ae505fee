// A Utf8Check checks UTF-8 as it arrives: the pieces of a fragmented message, the runs of a JSON
// string. It refuses what RFC 3629 refuses: overlong forms, surrogates, anything above U+10FFFF.
// Any thread.
#pragma once
#include <cstdint>
#include <string_view>

namespace composable::host {

class Utf8Check {
 public:
  // False as soon as no continuation could make the text valid; reset() before the next use then.
  bool feed(std::string_view bytes);
  // Whether the text so far does not end inside a character.
  bool whole() const { return need_ == 0; }
  void reset() { *this = Utf8Check(); }

 private:
  bool lead(std::uint8_t byte);

  std::uint8_t need_ = 0;    // continuation bytes that are still to come
  std::uint8_t low_ = 0x80;  // range of the next one
  std::uint8_t high_ = 0xBF;
};

}  // namespace composable::host
