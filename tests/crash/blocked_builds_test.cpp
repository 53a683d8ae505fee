#include "crash/blocked_builds.hpp"

#include <gtest/gtest.h>

#include <string>

#include "crash_records.hpp"

namespace composable::host {
namespace {

TEST(BlockedBuilds, SaysWhatTheBuildDidAndWhatToDo) {
  BlockedBuilds blocked(
      "data/crashes",
      records({crash(0, "9f2c41d0aabb"), crash(1, "9f2c41d0aabb"), crash(2, "9f2c41d0aabb")}),
      kRule);
  EXPECT_TRUE(blocked.admit("bbbb").ok());
  for (int n = 0; n < 2; ++n) {
    EXPECT_EQ(blocked.admit("9f2c41d0aabb").message(),
              "this build (9f2c41d0) has crashed the host 3 times within 60 s, the last time in "
              "decide of PlaceOrder (SIGSEGV) at 2026-01-01T12:00:02.000Z; replace it by another "
              "build, or remove data/crashes and restart to try it again");
  }
}

TEST(BlockedBuilds, SpeaksOfCrashesOutsideOfAnyCall) {
  Crash thread = crash(0), stale = crash(0, "bbbb");
  thread.in = Crash::kOwnThread;
  stale.in = Crash::kUnloadedCode;
  thread.subject = stale.subject = "";
  BlockedBuilds blocked("crashes", records({thread, stale}), {.limit = 1, .window_s = 60});
  EXPECT_TRUE(
      std::string(blocked.admit("aaaa").message())
          .starts_with("this build (aaaa) has crashed the host once, on a thread of its own "
                       "(SIGSEGV) at "));
  EXPECT_TRUE(
      std::string(blocked.admit("bbbb").message())
          .starts_with("this build (bbbb) has crashed the host once, by a call after it was "
                       "unloaded (SIGSEGV) at "));
}

}  // namespace
}  // namespace composable::host
