// The probe, driven through its table: each command tells the sink exactly what probe.h says.
#include <gtest/gtest.h>

#include "driven_domain.hpp"

namespace {

using Lines = std::vector<std::string>;

TEST(Probe, EachCommandMakesItsOneKindOfEffect) {
  DrivenDomain probe;
  EXPECT_EQ(probe.decide("Quiet", "{}"), Lines{});
  EXPECT_EQ(probe.decide("Note", R"({"stream":"s","text":"t"})"),
            Lines{R"(append s expect 0 Noted{"text":"t"})"});
  EXPECT_EQ(probe.decide("Note", R"({"stream":"s","text":"a \"b\"","expect":"exists"})"),
            Lines{R"(append s expect 3 Noted{"text":"a \"b\""})"});
  EXPECT_EQ(probe.decide("Pair", R"({"a":"x","b":"y"})"),
            (Lines{R"(append x expect 2 Noted{"text":"pair"})",
                   R"(append y expect 2 Noted{"text":"pair"})"}));
  EXPECT_EQ(probe.decide("Fail", "{}"), Lines{"error -4 : the probe was asked to fail"});
  EXPECT_EQ(probe.decide("Poison", R"({"stream":"s"})"), Lines{"append s expect 0 Poisoned{}"});
  EXPECT_EQ(probe.decide("Tell", R"({"text":"t"})"), Lines{R"(announce Told{"text":"t"})"});
  EXPECT_EQ(probe.decide("Refuse", R"({"reason":"r"})"),
            Lines{R"(announce Refused{"reason":"r"})"});
  EXPECT_EQ(probe.decide("Chain", R"({"n":2})"), Lines{R"(send Link{"n":1})"});
  EXPECT_EQ(probe.decide("Link", R"({"n":0})"), Lines{"announce Chained{}"});
  EXPECT_EQ(probe.decide("Cancel", R"({"key":"k"})"), Lines{"cancel k"});
  EXPECT_EQ(probe.decide("Load", R"({"stream":"s"})"), Lines{"load s 1 100 Page"});
  EXPECT_EQ(probe.decide("Page", R"({"stream":"s","events":[],"more":false})"),
            Lines{R"(announce Paged{"stream":"s","events":[],"more":false})"});
}

TEST(Probe, DelaysAndJobsCarryWhatComesBack) {
  DrivenDomain probe;
  EXPECT_EQ(probe.decide("Later", R"({"key":"k","ms":5})"),
            Lines{R"(delay k 5000 Fired{"key":"k"})"});
  EXPECT_EQ(probe.decide("Schedule", R"({"stream":"s","key":"k","ms":5})"),
            (Lines{R"(append s expect 0 Noted{"text":"k"})", R"(delay k 5000 Fired{"key":"k"})"}));
  EXPECT_EQ(probe.decide("Fired", R"({"key":"k"})"),
            Lines{R"(append later-k expect 1 Noted{"text":"k"})"});
  EXPECT_EQ(probe.decide("Echo", R"({"key":"k","text":"t"})"),
            Lines{R"(job 0 k {"key":"k","text":"t"})"});
  EXPECT_EQ(probe.decide("Echoed", R"({"text":"t"})"),
            Lines{R"(append echo expect 1 Noted{"text":"t"})"});
  EXPECT_EQ(probe.decide("Sequential", R"({"n":2})"),
            (Lines{"begin 2", R"(job 0  {"text":"1"})", R"(job 0  {"text":"2"})", "end"}));
}

TEST(Probe, PublishesAndDecidesWhatArrives) {
  DrivenDomain probe;
  EXPECT_EQ(probe.decide("Publish", R"({"topic":"x","text":"t"})"),
            Lines{R"(publish x Told{"topic":"x","text":"t"})"});
  EXPECT_EQ(probe.decide("Publish", R"({"topic":"x","text":"t","stream":"s"})"),
            (Lines{R"(append s expect 0 Noted{"text":"t"})",
                   R"(publish x Told{"topic":"x","text":"t","stream":"s"})"}));
  EXPECT_EQ(
      probe.decide("PublishAll", R"({"topic":"x","n":2})"),
      (Lines{"begin 2", R"(publish x Told{"text":"1"})", R"(publish x Told{"text":"2"})", "end"}));
  EXPECT_EQ(probe.decide("Heard", R"({"text":"t","more":1})"), Lines{"error -2 : unknown field"});
  probe.context().flags = COMPOSABLE_CONTEXT_DELIVERED;
  EXPECT_EQ(probe.decide("Heard", R"({"text":"t","more":1})"),
            Lines{R"(append heard expect 1 Noted{"text":"t"})"});
  EXPECT_EQ(probe.decide("Circled", R"({"text":"t"})"),
            Lines{R"(publish probe.circle Told{"text":"t"})"});
}

TEST(Probe, EvolveCountsNotesAndFailsOnPoison) {
  DrivenDomain probe;
  const std::string empty = probe.read(0);
  probe.context().position = 7;
  EXPECT_EQ(probe.evolve("Poisoned", "{}"), "error -1 : the probe was poisoned");
  EXPECT_EQ(probe.read(0), empty);
  EXPECT_EQ(probe.evolve("Noted", R"({"text":"t"})"), "");
  EXPECT_EQ(probe.read(0).substr(0, 25), R"({"noted":1,"position":7,")");
  EXPECT_NE(probe.read(0), empty);
}

TEST(Probe, TheDigestKnowsOrderAndTime) {
  const auto digest_after = [](std::int64_t time, const char* first, const char* second) {
    DrivenDomain probe;
    probe.context().recorded_at_us = time;
    probe.evolve("Noted", first);
    probe.evolve("Noted", second);
    return probe.read(0);
  };
  const char* a = R"({"text":"a"})";
  const char* b = R"({"text":"b"})";
  EXPECT_EQ(digest_after(1, a, b), digest_after(1, a, b));
  EXPECT_NE(digest_after(1, a, b), digest_after(1, b, a));
  EXPECT_NE(digest_after(1, a, b), digest_after(2, a, b));
}

TEST(Probe, IsStrictOnTheWireAndLenientInTheLog) {
  DrivenDomain probe;
  EXPECT_EQ(probe.decode("Note", R"({"stream":"s"})"), "error -2 text: missing field");
  EXPECT_EQ(probe.decode("Note", R"({"stream":1,"text":"t"})"), "error -2 stream: expected string");
  EXPECT_EQ(probe.decode("Chain", R"({"n":"2"})"),
            "error -2 n: expected unsigned integer below 10^9");
  EXPECT_EQ(probe.decode("Quiet", R"({"x":1})"), "error -2 : unknown field");
  EXPECT_EQ(probe.decode("Noted", R"({"text":"t","new":{"a":[1,"}"]}})", COMPOSABLE_DECODE_STORED),
            "");
  for (const char* bad : {"", "{", "[]", "{\"text\"}", "{\"text\":}", "{\"text\":\"t\"", "{} x",
                          "{\"text\":\"t\",}"}) {
    EXPECT_NE(probe.decode("Noted", bad, COMPOSABLE_DECODE_STORED), "") << bad;
  }
}

}  // namespace
