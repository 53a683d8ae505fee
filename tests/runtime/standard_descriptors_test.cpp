#include "runtime/standard_descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace composable::host {
namespace {

// Each in a process of its own, whose exit code says how it went.
TEST(StandardDescriptors, ClosedOnesAreOpenedAndGoToNoFile) {
  const auto child = [] {
    for (const int fd : {0, 1, 2}) ::close(fd);
    open_standard_descriptors();
    const int next = ::open("/dev/zero", O_RDONLY);
    if (next <= 2) std::_Exit(1);
    if (::write(1, "x", 1) >= 0) std::_Exit(2);  // lost, and it is said
    if (::write(2, "x", 1) != 1) std::_Exit(3);  // lost
    char byte;
    std::_Exit(::read(0, &byte, 1) == 0 ? 0 : 4);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

TEST(StandardDescriptors, OpenOnesStayWhatTheyAre) {
  const auto child = [] {
    ::close(0);
    const int zero = ::open("/dev/zero", O_RDONLY);
    ::close(1);
    open_standard_descriptors();
    char byte = 1;
    std::_Exit(zero == 0 && ::read(0, &byte, 1) == 1 && byte == 0 ? 0 : 1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace composable::host
