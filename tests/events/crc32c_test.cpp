#include "events/crc32c.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace composable::host {
namespace {

TEST(Crc32c, GivesTheValuesOfTheStandard) {
  EXPECT_EQ(crc32c(0, "123456789", 9), 0xe3069283u);
  EXPECT_EQ(crc32c_by_table(0, "123456789", 9), 0xe3069283u);
  const std::string zeros(32, '\0'), ones(32, '\xff');
  EXPECT_EQ(crc32c(0, zeros.data(), 32), 0x8a9136aau);
  EXPECT_EQ(crc32c(0, ones.data(), 32), 0x62a8ab43u);
  EXPECT_EQ(crc32c(0, "", 0), 0u);
}

TEST(Crc32c, IsTheSameByTableAndByInstructionAndInPieces) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::uint32_t whole = crc32c(0, bytes.data(), size);
    EXPECT_EQ(crc32c_by_table(0, bytes.data(), size), whole);
    const std::size_t cut = size / 3;
    EXPECT_EQ(crc32c(crc32c(0, bytes.data(), cut), bytes.data() + cut, size - cut), whole);
  }
}

}  // namespace
}  // namespace composable::host
