// A Uuid is a 128-bit identifier: event ids, causes, correlation ids. Any thread.
#pragma once
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/rng.hpp"

namespace composable::host {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool is_nil() const {  // called for every command, so inline
    const auto [first, second] = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
    return (first | second) == 0;
  }

  // 36 characters, 8-4-4-4-12, lower-case hex.
  std::string text() const;
  // Writes those 36 characters to `out`, no NUL.
  void write(char* out) const;
  // Any case, exactly 8-4-4-4-12; nothing else.
  static std::optional<Uuid> parse(std::string_view text);
  // Version 7 (RFC 9562): milliseconds of `unix_micros`, then its sub-millisecond part in 12 bits,
  // then 62 random bits; so ids made in one process mostly ascend.
  static Uuid v7(std::int64_t unix_micros, Rng& rng);

  template <typename H>
  friend H AbslHashValue(H h, const Uuid& u) {
    return H::combine(std::move(h), u.bytes);
  }
};

}  // namespace composable::host
