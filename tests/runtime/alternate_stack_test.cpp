#include "runtime/alternate_stack.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace composable::host {
namespace {

stack_t in_force() {
  stack_t now{};
  ::sigaltstack(nullptr, &now);
  return now;
}

const void* handled_at = nullptr;

TEST(AlternateStack, HandlersRunOnItAndTheOneBeforeComesBack) {
  const stack_t before = in_force();
  {
    const AlternateStack stack;
    const stack_t now = in_force();
    ASSERT_NE(now.ss_sp, before.ss_sp);
    ASSERT_GE(now.ss_size, std::size_t{64 * 1024});

    struct sigaction action {
    }, old{};
    action.sa_handler = [](int) { handled_at = __builtin_frame_address(0); };
    action.sa_flags = SA_ONSTACK;
    ::sigaction(SIGUSR1, &action, &old);
    ::raise(SIGUSR1);
    ::sigaction(SIGUSR1, &old, nullptr);
    EXPECT_GE(handled_at, now.ss_sp);
    EXPECT_LT(handled_at, static_cast<const char*>(now.ss_sp) + now.ss_size);
  }
  EXPECT_EQ(in_force().ss_sp, before.ss_sp);
}

}  // namespace
}  // namespace composable::host
