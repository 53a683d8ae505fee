// What decide returns, as the host's sink is told it.
#include "composable/effects.hpp"

#include <gtest/gtest.h>

#include "composable/testing/recorder.hpp"
#include "sample_domain.hpp"

namespace {

using composable::testing::Recorder;
using Lines = std::vector<std::string>;
using sample::Do;
using sample::Notes;
using Effects = composable::Effects<Notes>;

Lines told(Effects effects) {
  Recorder recorder(composable::domain_table<Notes>());
  composable_error error = composable::no_error();
  EXPECT_EQ(effects.emit(recorder.sink(), &error), COMPOSABLE_OK);
  EXPECT_EQ(recorder.committed(), !effects.empty());
  Lines lines;
  for (const auto& effect : recorder.effects()) lines.push_back(recorder.describe(effect));
  return lines;
}

Lines decided(std::string what) {
  composable_context raw{};
  return told(Notes::decide({}, Do{std::move(what)}, composable::Context(raw)));
}

TEST(Effects, ReachTheHostInOrder) {
  EXPECT_EQ(decided("several"), (Lines{R"(append to "a": Noted{"text":"1"})",
                                       R"(append to "a": Written{"text":"2","author":"u"})",
                                       R"(announce Progress{"percent":50})",
                                       R"(delay "later" by 1800000000 us: Remind{"text":"r"})",
                                       R"(cancel "other")", R"(send Do{"what":"nothing"})"}));
}

TEST(Effects, ArePublishedAlsoInsideAGroup) {
  EXPECT_EQ(decided("publish"),
            (Lines{R"(publish on "notes.noted": Noted{"text":"1"})", "begin sequential",
                   R"(publish on "notes.remind": Noted{"text":"2"})",
                   R"(send Do{"what":"nothing"})", "end"}));
}

TEST(Effects, OfAHostThatKnowsNoTopicsFailWithTheReason) {
  Recorder recorder(composable::domain_table<Notes>());
  recorder.sink()->struct_size = offsetof(composable_effects, publish);
  composable_error error = composable::no_error();
  Effects effects = composable::publish("notes.noted", sample::Noted{"1"});
  EXPECT_EQ(effects.emit(recorder.sink(), &error), COMPOSABLE_E_UNSUPPORTED);
  EXPECT_EQ(composable::message(error), "publish: this host knows no topics; run a newer one");
}

TEST(Effects, OfNothingAreNone) {
  EXPECT_EQ(decided("nothing"), Lines{});
  EXPECT_EQ(decided("empty"), Lines{});
}

TEST(Effects, GroupsAreBrackets) {
  EXPECT_EQ(decided("groups"),
            (Lines{"begin parallel", R"(send Do{"what":"nothing"})", "begin sequential",
                   R"(job 0 "k": {"url":"u","naps":1})", R"(load "a" into History)", "end", "end",
                   R"(job 1 "": {"results":2})"}));
}

TEST(Effects, KeepAsManyAsThereAre) {
  EXPECT_EQ(decided("many"), Lines(100, R"(send Remind{"text":")" + std::string(40, 'x') + "\"}"));
}

TEST(Effects, AreJoined) {
  EXPECT_EQ(decided("joined"), (Lines{R"(send Remind{"text":"1"})", R"(send Remind{"text":"2"})"}));
}

TEST(Effects, ARejectionIsAnnounced) {
  EXPECT_EQ(decided("reject"),
            Lines{R"(reject with Refused{"text":"no","percent":7,"place":"items[0]"})"});
}

TEST(Effects, SurviveMovesInlineAndOnTheHeap) {
  const std::string text(100, 'y');
  for (const int count : {1, 2, 50}) {
    Effects first;
    for (int i = 0; i < count; ++i) first.add(composable::send(sample::Remind{text}));
    Effects second(std::move(first));
    EXPECT_TRUE(first.empty());
    first = std::move(second);
    first.add(composable::send(sample::Remind{"last"}));
    EXPECT_EQ(told(std::move(first)).size(), static_cast<std::size_t>(count) + 1);
  }
}

TEST(Effects, OfAnAppendSayTheVersionTheyExpect) {
  const auto expected = [](auto append) {
    Recorder recorder(composable::domain_table<Notes>());
    composable_error error = composable::no_error();
    Effects(std::move(append)).emit(recorder.sink(), &error);
    const auto& effect = recorder.effects().at(0);
    return std::pair(effect.expected, effect.version);
  };
  const auto append = [] { return composable::append("s", sample::Noted{"x"}); };
  EXPECT_EQ(expected(append()), std::pair(COMPOSABLE_EXPECT_SEEN, std::uint64_t{0}));
  EXPECT_EQ(expected(append().expecting_none()),
            std::pair(COMPOSABLE_EXPECT_NONE, std::uint64_t{0}));
  EXPECT_EQ(expected(append().expecting_any()), std::pair(COMPOSABLE_EXPECT_ANY, std::uint64_t{0}));
  EXPECT_EQ(expected(append().expecting_exists()),
            std::pair(COMPOSABLE_EXPECT_EXISTS, std::uint64_t{0}));
  EXPECT_EQ(expected(append().expecting(4)), std::pair(COMPOSABLE_EXPECT_EXACT, std::uint64_t{4}));
}

TEST(Effects, StopAtTheHostsFirstFailure) {
  Recorder recorder(composable::domain_table<Notes>());
  recorder.sink()->announce = [](composable_effects*, const composable_action*) {
    return COMPOSABLE_E_OVERLOADED;
  };
  composable_context raw{};
  composable_error error = composable::no_error();
  Effects effects = Notes::decide({}, Do{"several"}, composable::Context(raw));
  EXPECT_EQ(effects.emit(recorder.sink(), &error), COMPOSABLE_E_OVERLOADED);
  EXPECT_EQ(recorder.effects().size(), 2u);
  EXPECT_FALSE(recorder.committed());
}

}  // namespace
