#include "runtime/memory_map.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace composable::host {
namespace {

std::uintptr_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

TEST(MemoryMap, TellsCodeFromDataAndFromNothing) {
  EXPECT_TRUE(is_executable(reinterpret_cast<std::uintptr_t>(&is_executable)));
  const int on_the_stack = 0;
  EXPECT_FALSE(is_executable(address_of(&on_the_stack)));
  EXPECT_FALSE(is_executable(0));
  EXPECT_FALSE(is_executable(~std::uintptr_t{0}));
}

TEST(MemoryMap, IsThatOfNow) {
  constexpr std::size_t kSize = 8192;
  void* const page =
      ::mmap(nullptr, kSize, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  EXPECT_TRUE(is_executable(address_of(page)));
  EXPECT_TRUE(is_executable(address_of(page) + kSize - 1));
  ::munmap(page, kSize);
  EXPECT_FALSE(is_executable(address_of(page)));
}

}  // namespace
}  // namespace composable::host
