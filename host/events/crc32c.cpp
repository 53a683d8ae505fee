#include "events/crc32c.hpp"

#include <array>
#include <cstring>

namespace composable::host {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

// kTables[k][b]: the checksum of byte b followed by k zero bytes, so that eight bytes need eight
// independent look-ups instead of a chain of them.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][b] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      const std::uint32_t before = tables[k - 1][b];
      tables[k][b] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint64_t load64(const unsigned char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t crc, const void* data,
                                                               std::size_t size) {
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint64_t sum = ~crc;
  for (; size >= 8; size -= 8, at += 8) sum = __builtin_ia32_crc32di(sum, load64(at));
  auto tail = static_cast<std::uint32_t>(sum);
  for (; size > 0; --size, ++at) tail = __builtin_ia32_crc32qi(tail, *at);
  return ~tail;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t crc, const void* data, std::size_t size) {
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint32_t sum = ~crc;
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
    for (; size >= 8; size -= 8, at += 8) {
      const std::uint64_t word = load64(at) ^ sum;
      sum = 0;
      for (std::size_t k = 0; k < 8; ++k) sum ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
    }
  }
  for (; size > 0; --size, ++at) sum = (sum >> 8) ^ kTables[0][(sum ^ *at) & 0xff];
  return ~sum;
}

std::uint32_t crc32c(std::uint32_t crc, const void* data, std::size_t size) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2") != 0;
  if (fast) return by_instruction(crc, data, size);
#endif
  return crc32c_by_table(crc, data, size);
}

}  // namespace composable::host
