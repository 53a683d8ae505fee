#include "composable/context.hpp"

namespace composable {
namespace {

// The finaliser of SplitMix64: every bit of the result depends on every bit of `x`.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t Context::random() const {
  ++draws_;
  return mix(context_.random[0] + draws_ * 0x9e3779b97f4a7c15u) ^ mix(context_.random[1] + draws_);
}

std::string Context::uuid7() const {
  const auto ms = static_cast<std::uint64_t>(context_.recorded_at_us / 1000);
  const std::uint64_t high = ms << 16 | 0x7000u | (random() & 0x0fffu);
  const std::uint64_t low = (random() & 0x3fffffffffffffffu) | 0x8000000000000000u;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) ++at;
    const std::uint64_t half = nibble < 16 ? high : low;
    text[at++] = kHex[half >> (60 - 4 * (nibble % 16)) & 15];
  }
  return text;
}

}  // namespace composable
