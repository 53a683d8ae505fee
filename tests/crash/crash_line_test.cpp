#include "crash/crash_line.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

CrashReport in_decide() {
  CrashReport report;
  report.crash = {.unix_micros = 1'767'268'800'123'456,
                  .signal = "SIGSEGV",
                  .domain = "orders",
                  .build = "9f2c41d0",
                  .generation = 3,
                  .in = "decide",
                  .subject = "PlaceOrder"};
  report.counts = "action";
  report.address = 0x10;
  return report;
}

TEST(CrashLine, NamesSignalAddressFunctionSubjectGenerationAndBuild) {
  EXPECT_EQ(crash_line(LogFormat::kText, in_decide()).view(),
            "2026-01-01T12:00:00.123Z error orders crashed signal=SIGSEGV address=0x10 in=decide "
            "action=PlaceOrder generation=3 build=9f2c41d0\n");
  EXPECT_EQ(crash_line(LogFormat::kJson, in_decide()).view(),
            R"({"time":"2026-01-01T12:00:00.123Z","level":"error","domain":"orders",)"
            R"("event":"crashed","signal":"SIGSEGV","address":"0x10","in":"decide",)"
            R"("action":"PlaceOrder","generation":3,"build":"9f2c41d0"})"
            "\n");
}

TEST(CrashLine, OfTheHostItselfSaysSo) {
  CrashReport report;
  report.crash.signal = "SIGABRT";
  report.sent_by = 17;
  EXPECT_EQ(crash_line(LogFormat::kText, report).view(),
            "1970-01-01T00:00:00.000Z error host crashed signal=SIGABRT sent_by=17\n");
}

TEST(CrashLine, SaysWhoseCodeWasCalledThatIsGone) {
  CrashReport report;
  report.crash.signal = "SIGSEGV";
  report.unloaded =
      code_ranges::Owner{.domain = "orders", .build = "", .generation = 2, .unloaded = true};
  EXPECT_TRUE(crash_line(LogFormat::kText, report)
                  .view()
                  .ends_with(" detail=\"call into the unloaded generation orders#2\"\n"));
  EXPECT_TRUE(crash_line(LogFormat::kJson, report)
                  .view()
                  .ends_with(",\"detail\":\"call into the unloaded generation orders#2\"}\n"));
}

TEST(CrashLine, StaysOneLineWhateverAPluginCallsItsJobs) {
  CrashReport report = in_decide();
  const std::string name = "a\"}\n2026 info host fine" + std::string(3000, 'x');
  report.counts = "job";
  report.crash.subject = name;
  const FixedText line = crash_line(LogFormat::kJson, report);
  EXPECT_EQ(line.view().find('\n'), line.view().size() - 1);
  EXPECT_NE(line.view().find("\"job\":\"a_}_2026_info_host_finexxx"), std::string_view::npos);
  EXPECT_TRUE(line.view().ends_with("\"build\":\"9f2c41d0\"}\n"));
}

}  // namespace
}  // namespace composable::host
