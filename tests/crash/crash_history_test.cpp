// Which builds are set aside, on a clock that is written into the records.
#include "crash/crash_history.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "crash_records.hpp"

namespace composable::host {
namespace {

bool set_aside(std::initializer_list<Crash> crashes, const CrashRule& rule = kRule) {
  return CrashHistory(records(crashes)).set_aside("aaaa", rule) != nullptr;
}

TEST(CrashHistory, ARecordReadsBackAsItWasWritten) {
  const Crash written = crash(1);
  const std::string line(crash_record(written).view());
  EXPECT_EQ(line, "2026-01-01T12:00:01.000Z SIGSEGV orders 1 aaaa decide PlaceOrder\n");
  const auto read = parse_crash_record(std::string_view(line).substr(0, line.size() - 1));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->unix_micros, written.unix_micros);
  EXPECT_EQ(read->signal, "SIGSEGV");
  EXPECT_EQ(read->domain, "orders");
  EXPECT_EQ(read->build, "aaaa");
  EXPECT_EQ(read->generation, 1u);
  EXPECT_EQ(read->in, "decide");
  EXPECT_EQ(read->subject, "PlaceOrder");
}

TEST(CrashHistory, ASubjectThatIsNoneOrNoWordStaysALineOfSevenWords) {
  Crash odd = crash(0);
  odd.subject = "";
  EXPECT_TRUE(crash_record(odd).view().ends_with(" decide -\n"));
  odd.subject = "send a\nmail";
  EXPECT_TRUE(crash_record(odd).view().ends_with(" decide send_a_mail\n"));
}

TEST(CrashHistory, AsManyCrashesAsTheLimitWithinTheWindowSetABuildAside) {
  EXPECT_FALSE(set_aside({}));
  EXPECT_FALSE(set_aside({crash(0), crash(1)}));
  EXPECT_TRUE(set_aside({crash(0), crash(30), crash(60)}));
  EXPECT_FALSE(set_aside({crash(0), crash(30), crash(61)}));
  EXPECT_TRUE(set_aside({crash(-500), crash(0), crash(30), crash(60)})) << "any three";
  EXPECT_TRUE(set_aside({crash(0), crash(1), crash(2), crash(5000)})) << "for good";
}

TEST(CrashHistory, OneBuildsCrashesDoNotCountForAnother) {
  EXPECT_FALSE(set_aside({crash(0), crash(1), crash(2, "bbbb"), crash(3, "aaaab")}));
}

TEST(CrashHistory, AClockThatWentBackDoesNotHideACrash) {
  EXPECT_TRUE(set_aside({crash(50), crash(0), crash(20)}));
}

TEST(CrashHistory, NoLimitSetsNothingAside) {
  EXPECT_FALSE(set_aside({crash(0), crash(1), crash(2)}, {.limit = 0, .window_s = 60}));
  EXPECT_TRUE(set_aside({crash(0)}, {.limit = 1, .window_s = 60}));
}

TEST(CrashHistory, WhatIsNoRecordIsLeftOutAndCounted) {
  const std::string good = records({crash(0), crash(1), crash(2)});
  const CrashHistory history("something\n" + good +
                             "2026-01-01T12:00:01.000Z SIGSEGV orders x aaaa decide A\n"
                             "2026-01-01T12:00:01.000Z 11 orders 1 aaaa decide A\n"
                             "2026-01-01T12:00:01.000Z SIGSEGV orders 1 AAAA decide A\n"
                             "yesterday SIGSEGV orders 1 aaaa decide A\n\n" +
                             good.substr(0, 40));
  EXPECT_EQ(history.unreadable(), 7u);
  EXPECT_NE(history.set_aside("aaaa", kRule), nullptr);
}

TEST(CrashHistory, AnyBytesAreTaken) {
  std::mt19937 random(7);
  std::string text = records({crash(0), crash(1), crash(2)});
  for (int round = 0; round < 2000; ++round) {
    std::string spoilt = text;
    for (int n = 0; n < 3; ++n) spoilt[random() % spoilt.size()] = static_cast<char>(random());
    const CrashHistory history(spoilt);
    history.set_aside("aaaa", kRule);
    EXPECT_LE(history.still_needed(kNoon, kRule).size(), CrashHistory::kMaxBytes);
  }
}

TEST(CrashHistory, OnlyWhatTheRuleNeedsIsKept) {
  const auto kept = [](std::initializer_list<Crash> crashes, std::int64_t now_s) {
    return CrashHistory(records(crashes)).still_needed(kNoon + now_s * kSecond, kRule);
  };
  EXPECT_EQ(kept({crash(0), crash(30)}, 70), records({crash(30)}));
  EXPECT_EQ(kept({crash(0), crash(1), crash(2)}, 100'000), records({crash(0), crash(1), crash(2)}));
}

TEST(CrashHistory, TheNewestFitItsBound) {
  std::string text;
  for (int n = 0; n < 3000; ++n) text += crash_record(crash(n / 100)).view();
  const std::string kept = CrashHistory(text).still_needed(kNoon, kRule);
  EXPECT_LE(kept.size(), CrashHistory::kMaxBytes);
  EXPECT_GT(kept.size(), CrashHistory::kMaxBytes - 100);
  EXPECT_TRUE(text.ends_with(kept));
}

}  // namespace
}  // namespace composable::host
