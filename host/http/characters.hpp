// The character classes of HTTP messages (RFC 9110, 5.5 and 5.6). Pure; any thread.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace composable::host {

namespace character_detail {
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
inline constexpr std::array<bool, 256> kToken = make_token_table();

// Whether one of eight bytes is below `least` or DEL. `least` is at most 0x80.
inline bool has_below_or_del(const char* eight, unsigned char least) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u, kHighBits = 0x8080808080808080u;
  std::uint64_t x;
  std::memcpy(&x, eight, 8);
  const std::uint64_t del = x ^ (kOnes * 0x7f);
  return ((((x - kOnes * least) & ~x) | ((del - kOnes) & ~del)) & kHighBits) != 0;
}
}  // namespace character_detail

// Of a method, a header's name, a connection option.
inline bool is_token_char(char c) {
  return character_detail::kToken[static_cast<unsigned char>(c)];
}

inline bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Of a header's value: a blank, a visible character, or a byte of 0x80 and above.
inline bool is_field_char(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
}

// Of a request target; which of these a URI may have is looked at later.
inline bool is_target_char(char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; }

// The first byte from `at` on that is not of its class; `end` when all are.
inline const char* skip_field_chars(const char* at, const char* end) {
  for (;;) {
    while (end - at >= 8 && !character_detail::has_below_or_del(at, 0x20)) at += 8;
    const char* const eighth = end - at < 8 ? end : at + 8;
    while (at != eighth && is_field_char(*at)) ++at;
    if (at != eighth || at == end) return at;
  }
}

inline const char* skip_target_chars(const char* at, const char* end) {
  while (end - at >= 8 && !character_detail::has_below_or_del(at, 0x21)) at += 8;
  while (at != end && is_target_char(*at)) ++at;
  return at;
}

inline std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace composable::host
