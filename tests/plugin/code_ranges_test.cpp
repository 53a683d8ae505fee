// Whose an address is. The table is the process's own, so each test takes addresses of its own.
#include "plugin/code_ranges.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>

namespace composable::host {
namespace {

PluginLabel label(std::string domain, std::uint64_t generation) {
  PluginLabel label;
  label.domain = std::move(domain);
  label.generation = generation;
  label.build = "9f2c41d0";
  return label;
}

TEST(CodeRanges, AnAddressBelongsToTheCodeThatIsMappedThere) {
  code_ranges::enter({0x1000, 0x2000}, label("orders", 1));
  const auto owner = code_ranges::find(0x1000);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->domain, "orders");
  EXPECT_EQ(owner->build, "9f2c41d0");
  EXPECT_EQ(owner->generation, 1u);
  EXPECT_FALSE(owner->unloaded);
  EXPECT_TRUE(code_ranges::find(0x1fff));
  EXPECT_FALSE(code_ranges::find(0x2000));
  EXPECT_FALSE(code_ranges::find(0xfff));
  code_ranges::retire({0x1000, 0x2000});
}

TEST(CodeRanges, UnloadedCodeIsKnownUntilOtherCodeIsMappedThere) {
  code_ranges::enter({0x3000, 0x4000}, label("orders", 2));
  code_ranges::retire({0x3000, 0x4000});
  EXPECT_TRUE(code_ranges::find(0x3800)->unloaded);
  code_ranges::enter({0x3000, 0x4000}, label("orders", 3));
  EXPECT_EQ(code_ranges::find(0x3800)->generation, 3u);
  code_ranges::retire({0x3000, 0x4000});
  EXPECT_EQ(code_ranges::find(0x3800)->generation, 3u) << "the last that was unloaded counts";
}

// The loader, or a compiler at run time, has put something else there, which no plugin is to blame
// for.
TEST(CodeRanges, UnloadedCodeIsForgottenWhereOtherCodeIsMappedNow) {
  constexpr std::size_t kSize = 4096;
  void* const page =
      ::mmap(nullptr, kSize, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  const auto begin = reinterpret_cast<std::uintptr_t>(page);
  code_ranges::enter({begin, begin + kSize}, label("orders", 4));
  EXPECT_TRUE(code_ranges::find(begin)) << "it is loaded";
  code_ranges::retire({begin, begin + kSize});
  EXPECT_FALSE(code_ranges::find(begin));
  ::mprotect(page, kSize, PROT_READ);
  EXPECT_TRUE(code_ranges::find(begin)->unloaded) << "data is not what a call was meant for";
  ::munmap(page, kSize);
  EXPECT_TRUE(code_ranges::find(begin)->unloaded);
}

TEST(CodeRanges, UnloadedCodeIsForgottenWhenAnyOfItsAddressesIsUsedAgain) {
  code_ranges::enter({0x7000, 0x9000}, label("orders", 5));
  code_ranges::retire({0x7000, 0x9000});
  code_ranges::enter({0x8000, 0xa000}, label("mail", 1));
  code_ranges::retire({0x8000, 0xa000});
  EXPECT_FALSE(code_ranges::find(0x7000));
  EXPECT_EQ(code_ranges::find(0x8000)->domain, "mail");
}

TEST(CodeRanges, WhenItIsFullTheOneUnloadedFirstMakesRoom) {
  code_ranges::enter({0x5000, 0x6000}, label("loaded", 1));
  for (std::size_t n = 0; n < 2 * code_ranges::kCapacity; ++n) {
    const CodeExtent extent{0x10000 + n * 0x1000, 0x11000 + n * 0x1000};
    code_ranges::enter(extent, label("many", n));
    code_ranges::retire(extent);
  }
  EXPECT_FALSE(code_ranges::find(0x10000));
  EXPECT_TRUE(code_ranges::find(0x10000 + (2 * code_ranges::kCapacity - 1) * 0x1000));
  EXPECT_TRUE(code_ranges::find(0x5000)) << "what is loaded stays";
  code_ranges::retire({0x5000, 0x6000});
}

TEST(CodeRanges, CodeThatCouldNotBeMappedIsNowhere) {
  code_ranges::enter({0, 0}, label("nowhere", 1));
  EXPECT_FALSE(code_ranges::find(0));
}

}  // namespace
}  // namespace composable::host
