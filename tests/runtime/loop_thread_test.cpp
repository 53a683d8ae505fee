#include "runtime/loop_thread.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace composable::host {
namespace {

TEST(LoopThread, IsOneForAsLongAsItSaysSo) {
  EXPECT_FALSE(LoopThread::here());
  {
    const LoopThread loop;
    EXPECT_TRUE(LoopThread::here());
    std::thread other([] { EXPECT_FALSE(LoopThread::here()); });
    other.join();
  }
  EXPECT_FALSE(LoopThread::here());
}

TEST(LoopThread, WhatBlocksMayRunElsewhere) { assert_may_block("reading the log"); }

#ifndef NDEBUG
TEST(LoopThreadDeathTest, WhatBlocksEndsTheProcessOnALoop) {
  EXPECT_DEATH(
      {
        const LoopThread loop;
        assert_may_block("reading the log");
      },
      "reading the log blocks, and was called on an event loop; call it on a worker");
}
#endif

}  // namespace
}  // namespace composable::host
