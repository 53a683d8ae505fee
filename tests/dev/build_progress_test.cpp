#include "dev/build_progress.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

using std::chrono::milliseconds;

TEST(BuildProgress, SaysNothingOfAShortBuild) {
  BuildProgress progress;
  progress.output("[1/2] Building CXX object shop.o\n");
  EXPECT_EQ(progress.line_at(milliseconds(1999)), std::nullopt);
}

TEST(BuildProgress, NamesTheLastStepWheneverItIsDue) {
  BuildProgress progress;
  progress.output("-- The CXX compiler identification is GNU\n");
  EXPECT_EQ(progress.line_at(milliseconds(2000)), "2 s so far");
  progress.output("[1/12] Building CXX object a.o\n[2/12] Buil");
  EXPECT_EQ(progress.line_at(milliseconds(3999)), std::nullopt);
  EXPECT_EQ(progress.line_at(milliseconds(4100)), "4 s so far, [1/12] Building CXX object a.o");
  progress.output("ding b.o\n[ERROR] no step\n");
  EXPECT_EQ(progress.line_at(milliseconds(6200)), "6 s so far, [2/12] Building b.o");
  progress.output("[ 25%] Building C object c.o\r");
  EXPECT_EQ(progress.line_at(milliseconds(9000)), "9 s so far, [ 25%] Building C object c.o");
}

TEST(BuildProgress, ALongStepIsCut) {
  BuildProgress progress;
  progress.output("[1/1] " + std::string(10'000, 'x'));
  progress.output(std::string(10'000, 'x') + "\n");
  EXPECT_EQ(progress.line_at(milliseconds(2000))->size(),
            std::string("2 s so far, ").size() + BuildProgress::kLongestStep);
}

}  // namespace
}  // namespace composable::host
