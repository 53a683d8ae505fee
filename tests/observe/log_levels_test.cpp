#include "observe/log_levels.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

std::string refusal(std::string_view text) {
  return std::string(LogLevels::parse(text).status().message());
}

TEST(LogLevels, OneLevelIsForEverything) {
  const auto levels = LogLevels::parse("warn");
  ASSERT_TRUE(levels.ok());
  EXPECT_EQ(levels->of("orders"), LogLevel::kWarn);
  EXPECT_EQ(levels->lowest(), LogLevel::kWarn);
}

TEST(LogLevels, AModuleHasItsOwn) {
  const auto levels = LogLevels::parse("orders=debug,info");
  ASSERT_TRUE(levels.ok());
  EXPECT_EQ(levels->of("orders"), LogLevel::kDebug);
  EXPECT_EQ(levels->of("http"), LogLevel::kInfo);
  EXPECT_EQ(levels->lowest(), LogLevel::kDebug);
}

TEST(LogLevels, ModulesAloneLeaveTheRestAtInfo) {
  const auto levels = LogLevels::parse("orders=off");
  ASSERT_TRUE(levels.ok());
  EXPECT_EQ(levels->of("orders"), LogLevel::kOff);
  EXPECT_EQ(levels->of("http"), LogLevel::kInfo);
}

TEST(LogLevels, RefusalsNameWhatWasFound) {
  const std::string expected =
      "expected trace, debug, info, warn, error or off, alone or as module=level, found ";
  EXPECT_EQ(refusal("loud"), expected + "\"loud\"");
  EXPECT_EQ(refusal("orders=loud"), expected + "\"orders=loud\"");
  EXPECT_EQ(refusal("=info"), expected + "\"=info\"");
  EXPECT_EQ(refusal("info,"), expected + "\"\"");
  EXPECT_EQ(refusal(""), expected + "\"\"");
  EXPECT_EQ(refusal("info,debug"), "expected one level for all modules, found a second one");
  EXPECT_EQ(refusal("a=info,a=debug"), "expected one level for a, found a second one");
}

TEST(LogLevels, ModulesAreBounded) {
  std::string text = "info";
  for (int i = 0; i < 65; ++i) text += ",m" + std::to_string(i) + "=debug";
  EXPECT_EQ(refusal(text), "expected at most 64 modules, found more");
}

}  // namespace
}  // namespace composable::host
