// Which builds are set aside, on a clock that is written into the records.
#include "crash/crash_history.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "crash/blocked_builds.hpp"

namespace composable::host {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNoon = 1'767'268'800 * kSecond;  // 2026-01-01T12:00:00Z
constexpr CrashRule kRule{.limit = 3, .window_s = 60};

Crash crash(std::int64_t at_s, std::string_view build = "aaaa") {
  return {.unix_micros = kNoon + at_s * kSecond,
          .signal = "SIGSEGV",
          .domain = "orders",
          .build = build,
          .generation = 1,
          .in = "decide",
          .subject = "PlaceOrder"};
}

std::string records(std::initializer_list<Crash> crashes) {
  std::string text;
  for (const Crash& one : crashes) text += crash_record(one).view();
  return text;
}

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

TEST(Quarantine, SaysWhatTheBuildDidAndWhatToDo) {
  Quarantine quarantine(
      "data/crashes",
      records({crash(0, "9f2c41d0aabb"), crash(1, "9f2c41d0aabb"), crash(2, "9f2c41d0aabb")}),
      kRule);
  EXPECT_TRUE(quarantine.admit("bbbb").ok());
  for (int n = 0; n < 2; ++n) {
    EXPECT_EQ(quarantine.admit("9f2c41d0aabb").message(),
              "this build (9f2c41d0) has crashed the host 3 times within 60 s, the last time in "
              "decide of PlaceOrder (SIGSEGV) at 2026-01-01T12:00:02.000Z; replace it by another "
              "build, or remove data/crashes and restart to try it again");
  }
}

TEST(Quarantine, SpeaksOfCrashesOutsideOfAnyCall) {
  Crash thread = crash(0), stale = crash(0, "bbbb");
  thread.in = Crash::kOwnThread;
  stale.in = Crash::kUnloadedCode;
  thread.subject = stale.subject = "";
  Quarantine quarantine("crashes", records({thread, stale}), {.limit = 1, .window_s = 60});
  EXPECT_TRUE(
      std::string(quarantine.admit("aaaa").message())
          .starts_with("this build (aaaa) has crashed the host once, on a thread of its own "
                       "(SIGSEGV) at "));
  EXPECT_TRUE(
      std::string(quarantine.admit("bbbb").message())
          .starts_with("this build (bbbb) has crashed the host once, by a call after it was "
                       "unloaded (SIGSEGV) at "));
}

}  // namespace
}  // namespace composable::host
