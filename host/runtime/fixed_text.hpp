// A FixedText builds text in a fixed buffer, for code that may not allocate: the crash handler.
// What does not fit is left out. Safe inside a signal.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace composable::host {

class FixedText {
 public:
  static constexpr std::size_t kCapacity = 2048;

  FixedText& text(std::string_view s);
  // At most `limit` bytes; characters that would end a line, a word or a quotation become '_'.
  FixedText& word(std::string_view s, std::size_t limit);
  FixedText& number(std::uint64_t n, std::size_t width = 1, std::uint64_t base = 10);
  // RFC 3339 in UTC with milliseconds.
  FixedText& time(std::int64_t unix_micros);

  std::string_view view() const { return {buffer_.data(), size_}; }

 private:
  void put(char c) {
    if (size_ < kCapacity) buffer_[size_++] = c;
  }

  std::array<char, kCapacity> buffer_;
  std::size_t size_ = 0;
};

}  // namespace composable::host
