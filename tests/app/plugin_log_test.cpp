#include "app/plugin_log.hpp"

#include <gtest/gtest.h>

#include <string>

#include "composable/abi/host.h"
#include "composable/log.hpp"
#include "observe/log_capture.hpp"

namespace composable::host {
namespace {

// What stands behind the time in the line that the host writes; empty when it writes none.
std::string written(std::uint32_t level, std::string_view message, LogFormat format) {
  const LogCapture capture(LogLevels(), format);
  log_plugin_line("shop", level, message);
  const auto lines = capture.lines();
  if (lines.empty()) return "";
  return lines[0].substr(lines[0].find(format == LogFormat::kJson ? "\"level\"" : "Z ") + 2);
}
std::string json(std::string_view message) {
  return written(COMPOSABLE_LOG_INFO, message, LogFormat::kJson);
}

TEST(PluginLog, ALineHasLevelDomainMessageAndFields) {
  EXPECT_EQ(
      written(COMPOSABLE_LOG_WARNING, "payment refused order=o-1 amount=12", LogFormat::kText),
      R"(warn shop plugin message="payment refused" order=o-1 amount=12)");
}

TEST(PluginLog, FieldsKeepTheirTypes) {
  EXPECT_EQ(
      json(R"(sent n=-3 big=18446744073709551615 half=0.5 good=true id="12" name="a \"b\" c")"),
      R"(evel":"info","domain":"shop","event":"plugin","message":"sent","n":-3,)"
      R"("big":18446744073709551615,"half":0.5,"good":true,"id":"12","name":"a \"b\" c"})");
}

TEST(PluginLog, AMessageThatDoesNotEndInFieldsIsAMessage) {
  for (const std::string message :
       {"plain", "a=b", " a=b", "x A=b", "x a=b c", "x a=\"b", "x a=\"b\"c=d", "x a=\"\\q\"",
        "x a=b =c", "x =b", "x a=\"\\u12\""}) {
    const std::string line = json(message);
    EXPECT_EQ(line.find("\"a\":"), std::string::npos) << line;
    EXPECT_TRUE(line.ends_with("}") && line.find("\"message\":") != std::string::npos) << line;
  }
}

TEST(PluginLog, ALevelThatIsOffWritesNothing) {
  EXPECT_EQ(written(COMPOSABLE_LOG_DEBUG, "x a=b", LogFormat::kText), "");
}

// The SDK writes what the host reads: whatever a value holds, it arrives as it was, and makes no
// field of its own.
TEST(PluginLog, WhatTheSdkWritesTheHostReads) {
  const composable_host table{sizeof(composable_host),
                              1,
                              0,
                              0,
                              nullptr,
                              [](const composable_host*, std::uint32_t level, composable_str line) {
                                log_plugin_line("shop", level, {line.ptr, line.len});
                              },
                              nullptr};
  const LogCapture capture(LogLevels(), LogFormat::kJson);
  log::exchange_host(&table);
  log::error("payment refused", {{"order", "o 1\" forged=\"yes"},
                                 {"lines", "a\nb\\"},
                                 {"words", "two words"},
                                 {"digits", "12"},
                                 {"empty", ""},
                                 {"amount", 12},
                                 {"rate", 0.25},
                                 {"late", true},
                                 {"password", Secret<std::string>{"hunter2"}}});
  log::exchange_host(nullptr);
  ASSERT_EQ(capture.lines().size(), 1u);
  EXPECT_TRUE(capture.contains(
      R"("message":"payment refused","order":"o 1\" forged=\"yes","lines":"a\nb\\","words":"two words","digits":"12",)"
      R"("empty":"","amount":12,"rate":0.25,"late":true,"password":"***"})"))
      << capture.lines()[0];
}

}  // namespace
}  // namespace composable::host
