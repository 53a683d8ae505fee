// crc32c computes CRC-32C (Castagnoli), the checksum of every stored event. Any thread.
#pragma once
#include <cstddef>
#include <cstdint>

namespace composable::host {

// Goes on from `crc`, which is 0 at the beginning. Uses the processor's instruction where it has
// one.
std::uint32_t crc32c(std::uint32_t crc, const void* data, std::size_t size);

// The same by tables alone; what other processors get, and what the tests compare with.
std::uint32_t crc32c_by_table(std::uint32_t crc, const void* data, std::size_t size);

}  // namespace composable::host
