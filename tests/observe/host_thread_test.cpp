#include "observe/host_thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "observe/log_capture.hpp"

namespace composable::host {
namespace {

using testing::HasSubstr;

TEST(HostThread, AnExceptionEndsItsStepAndIsLogged) {
  LogCapture log;
  int steps = 0;
  start_host_thread("worker", [&] {
    EXPECT_FALSE(contain_exceptions("worker", [] { throw std::bad_alloc(); }));
    EXPECT_FALSE(contain_exceptions("worker", [] { throw 7; }));
    EXPECT_TRUE(contain_exceptions("worker", [&] { ++steps; }));
  }).join();
  EXPECT_EQ(steps, 1);
  ASSERT_EQ(log.lines().size(), 2u);
  EXPECT_THAT(log.lines()[0], HasSubstr("error host exception thread=worker what=std::bad_alloc"));
  EXPECT_THAT(log.lines()[1], HasSubstr("not a std::exception"));
}

TEST(HostThread, AnExceptionOfTheWholeWorkEndsTheThreadAlone) {
  LogCapture log;
  start_host_thread("loop", [] { throw std::runtime_error("gone"); }).join();
  ASSERT_EQ(log.lines().size(), 1u);
  EXPECT_THAT(log.lines()[0], HasSubstr("thread=loop what=gone"));
}

TEST(HostThread, IsKnownAsTheHosts) {
  bool own = false;
  start_host_thread("worker", [&] {
    own = foreign_threads(thread_numbers(), std::chrono::milliseconds(0)).empty();
  }).join();
  EXPECT_TRUE(own);
}

}  // namespace
}  // namespace composable::host
