#include "observe/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "observe/log_capture.hpp"

namespace composable::host {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::MatchesRegex;

TEST(Log, WritesTheTimeAndWhatHappened) {
  LogCapture log;
  log_info("orders", "replayed", {{"events", 7}, {"ms", 1.5}});
  EXPECT_THAT(log.lines(), ElementsAre(MatchesRegex(
                               "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z info orders "
                               "replayed events=7 ms=1.5")));
}

TEST(Log, AModulesLevelDecides) {
  LogCapture log(*LogLevels::parse("orders=debug,ws=off,warn"));
  log_debug("orders", "kept");
  log_trace("orders", "left_out");
  log_info("http", "left_out");
  log_warn("http", "kept");
  log_error("ws", "left_out");
  EXPECT_THAT(log.lines(), ElementsAre(EndsWith("debug orders kept"), EndsWith("warn http kept")));
  EXPECT_TRUE(log_enabled(LogLevel::kDebug, "orders"));
  EXPECT_FALSE(log_enabled(LogLevel::kDebug, "http"));
  EXPECT_FALSE(log_enabled(LogLevel::kOff, "orders"));
}

TEST(Log, JsonIsAChoice) {
  LogCapture log(LogLevels(), LogFormat::kJson);
  log_warn("http", "refused", {{"path", "/a\"b"}});
  EXPECT_THAT(
      log.lines(),
      ElementsAre(EndsWith(R"("level":"warn","domain":"http","event":"refused","path":"/a\"b"})")));
}

TEST(Log, ACaptureGivesBackWhatItTook) {
  LogCapture outer;
  {
    LogCapture inner;
    log_info("a", "inside");
    EXPECT_TRUE(inner.contains("inside"));
  }
  log_info("a", "outside");
  EXPECT_THAT(outer.lines(), ElementsAre(EndsWith("outside")));
}

TEST(Log, ThreadsDoNotMixTheirLines) {
  LogCapture log;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 100; ++i) log_info("a", "counted", {{"t", t}, {"i", i}});
    });
  }
  for (auto& thread : threads) thread.join();
  const auto lines = log.lines();
  EXPECT_EQ(lines.size(), 400u);
  for (const auto& line : lines) {
    EXPECT_THAT(line, MatchesRegex(".* info a counted t=[0-9] i=[0-9]+"));
  }
}

}  // namespace
}  // namespace composable::host
