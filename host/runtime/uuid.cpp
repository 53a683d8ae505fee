#include "runtime/uuid.hpp"

#include <array>
#include <cstring>

namespace composable::host {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct HexPair {
  char high, low;
};

constexpr std::array<HexPair, 256> hex_pairs() {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<HexPair, 256> pairs{};
  for (std::size_t b = 0; b < pairs.size(); ++b) pairs[b] = {kHex[b >> 4], kHex[b & 15]};
  return pairs;
}

constexpr bool is_dash(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

void Uuid::write(char* out) const {
  static constexpr std::array<HexPair, 256> kPairs = hex_pairs();
  static constexpr std::array<std::uint8_t, 16> kPlaces = {0,  2,  4,  6,  9,  11, 14, 16,
                                                           19, 21, 24, 26, 28, 30, 32, 34};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::memcpy(out + kPlaces[i], &kPairs[bytes[i]], sizeof(HexPair));
  }
  out[8] = out[13] = out[18] = out[23] = '-';
}

std::string Uuid::text() const {
  std::string out(36, '\0');
  write(out.data());
  return out;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid u;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int v = hex_value(text[i]);
    if (v < 0) return std::nullopt;
    u.bytes[nibble / 2] = static_cast<std::uint8_t>((u.bytes[nibble / 2] << 4) | v);
    ++nibble;
  }
  return u;
}

Uuid Uuid::v7(std::int64_t unix_micros, Rng& rng) {
  const auto micros = static_cast<std::uint64_t>(unix_micros);
  const std::uint64_t ms = micros / 1000;
  const std::uint64_t fraction = (micros % 1000) * 4096 / 1000;
  const std::uint64_t random = rng.next();
  Uuid u;
  for (int i = 0; i < 6; ++i) u.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  u.bytes[6] = static_cast<std::uint8_t>(0x70 | (fraction >> 8));
  u.bytes[7] = static_cast<std::uint8_t>(fraction);
  for (int i = 0; i < 8; ++i) u.bytes[8 + i] = static_cast<std::uint8_t>(random >> (56 - 8 * i));
  u.bytes[8] = static_cast<std::uint8_t>((u.bytes[8] & 0x3f) | 0x80);
  return u;
}

}  // namespace composable::host
