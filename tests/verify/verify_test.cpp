#include "verify/verify.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "verify/test_list.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::StartsWith;

using Lines = std::vector<std::string>;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHeapIsMeasured = false;
#else
constexpr bool kHeapIsMeasured = true;
#endif

fs::path spoilt(std::string_view name) { return fs::path(SPOILT_PLUGINS_DIR) / name; }

// One line for each test: `FAILED codec: …`.
Lines lines_of(const VerifyRequest& request) {
  Lines lines;
  verify_plugin(request, [&](std::string_view test, const TestOutcome& outcome) {
    lines.push_back(std::string(verdict_name(outcome.verdict)) + " " + std::string(test) +
                    (outcome.reason.empty() ? "" : ": " + outcome.reason));
  });
  return lines;
}

Lines with(std::string_view verdict, const Lines& lines) {
  Lines found;
  for (const std::string& line : lines) {
    if (line.starts_with(verdict)) found.push_back(line);
  }
  return found;
}

Lines failed(const fs::path& file) { return with("FAILED", lines_of({.file = file})); }

// --- what passes --------------------------------------------------------------------------------

TEST(Verify, TheDomainsOfThisTreePassEverything) {
  for (const char* file : {ORDERS_PLUGIN, COUNTER_PLUGIN, TALLY_PLUGIN}) {
    const Lines lines = lines_of({.file = file});
    EXPECT_EQ(lines.size(), verify_tests().size() - 1);  // without `against`
    EXPECT_THAT(with("FAILED", lines), IsEmpty()) << file;
    EXPECT_THAT(with("WARNING", lines), IsEmpty()) << file;
    Lines skipped = with("SKIPPED", lines);
    std::erase(skipped, "SKIPPED jobs: the domain has no jobs");
    std::erase(skipped, "SKIPPED internal: the domain has no internal actions, or on topics only");
    std::erase(skipped, "SKIPPED topics: the domain listens to no topic");
    std::erase(skipped, "SKIPPED state: the state of a durable domain is made of the log");
    EXPECT_EQ(skipped.size(), kHeapIsMeasured ? 0u : 1u) << file;
  }
}

TEST(Verify, TheCounterInCIsWarnedThatItTakesAnyConfiguration) {
  const Lines lines = lines_of({.file = fs::path(COUNTER_PLUGINS_DIR) / "counter.so"});
  EXPECT_THAT(with("FAILED", lines), IsEmpty());
  EXPECT_THAT(with("WARNING", lines),
              ElementsAre("WARNING bad-config: create: it takes any configuration, a misspelt "
                          "setting too; refuse what it does not know"));
}

TEST(Verify, WhatTheSpoiltOnesAreMadeOfPassesEverything) {
  for (const char* name : {"not_spoilt.so", "not_spoilt_either.so"}) {
    const Lines lines = lines_of({.file = spoilt(name)});
    EXPECT_THAT(with("FAILED", lines), IsEmpty()) << name;
    EXPECT_THAT(with("WARNING", lines), IsEmpty()) << name;
  }
}

TEST(Verify, OtherSeedsPassTheSame) {
  for (std::uint64_t seed = 2; seed < 6; ++seed) {
    EXPECT_THAT(with("FAILED", lines_of({.file = ORDERS_PLUGIN, .seed = seed})), IsEmpty()) << seed;
  }
}

TEST(Verify, InThisProcessItSaysTheSame) {
  EXPECT_EQ(lines_of({.file = ORDERS_PLUGIN, .in_process = true}),
            lines_of({.file = ORDERS_PLUGIN}));
}

TEST(Verify, AFilterTakesWhatItNamesAndStandsOnTheRest) {
  EXPECT_THAT(lines_of({.file = ORDERS_PLUGIN, .filter = "codec"}),
              ElementsAre("PASSED codec", "PASSED codec-fuzz"));
  EXPECT_THAT(lines_of({.file = "/no/such.so", .filter = "codec"}),
              ElementsAre(StartsWith("FAILED file: "), "SKIPPED codec: file has failed",
                          "SKIPPED codec-fuzz: file has failed"));
}

// --- what fails one test, and only that ---------------------------------------------------------

struct Spoilt {
  const char* file;
  const char* line;  // as it begins
};

class VerifySpoilt : public testing::TestWithParam<Spoilt> {};

TEST_P(VerifySpoilt, FailsOneTestAndSaysWhy) {
  const std::string_view file = GetParam().file;
  if (file == "leaks.so" && !kHeapIsMeasured) GTEST_SKIP() << "the sanitizer finds leaks";
  EXPECT_THAT(failed(spoilt(GetParam().file)), ElementsAre(StartsWith(GetParam().line)));
}

constexpr Spoilt kSpoilt[] = {
    {"broken_schema.so", "FAILED tables: the schema of Take: note: kind 42 is not known to this"},
    {"publishes_unasked.so",
     "FAILED older-host: it crashed with SIGSEGV in decide of Take for a sink without publish; "},
    {"leaks.so",
     "FAILED lifecycle: create and destroy with {}: 100 times left 11200 bytes of heap behind; "},
    {"refuses_silently.so",
     "FAILED bad-config: create with {\"no_such_setting_of_any_domain\":1}: it failed with -2 and "
     "no message; fill the composable_error"},
    {"reads_other_fields.so", "FAILED codec: decode of Take: its schema allows {\"remark\":"},
    {"writes_unreadably.so",
     "FAILED codec: encode of Taken: it wrote {\"other\":1}, which decode refuses with unknown "
     "field; make both agree"},
    {"crashes_on_nesting.so",
     "FAILED codec-fuzz: it crashed with SIGSEGV in decode of Take, with 200,000 "},
    {"names_no_stream.so", "FAILED effects: decide of Take with {\"book\":\"\",\"pages\":"},
    {"counts_calls.so",
     "FAILED determinism: decide of Take: called twice with the same state and context it decided "
     "differently, first \"  Taken {\"book\":"},
    {"moves_state.so",
     "FAILED determinism: decide of Take: called twice with the same state and context it decided "
     "differently, first "},
    {"counts_arrivals.so", "FAILED topics: decide of Arrived with {\"pages\":"},
    {"counts_itself.so", "FAILED internal: decide of Counted with {\"pages\":"},
    {"refuses_its_event.so",
     "FAILED evolve-replay: evolve of Taken: a book has five pages; what decide emits must evolve, "
     "or the domain halts"},
    {"doubles_live.so", "FAILED evolve-replay: read of GET /: the state that was replayed from "},
    {"takes_any_state.so", "FAILED state: import_state: it took the bytes \""},
    {"forgets_state.so",
     "FAILED state: export_state: exported, imported and exported again it is 0 taken instead of "},
    {"throws_in_a_route.so",
     "FAILED routes: the answer of GET /:book: lost the book; a client sees a 500"},
    {"throws_in_an_answer.so",
     "FAILED routes: the answer of POST /: no words for it; a client sees a 500"},
    {"runs_any_job.so",
     "FAILED jobs: run: a failure is needed for job 1 of 1, found 0; refuse what is not declared"},
    {"asks_its_thread.so",
     "FAILED threads: decide of Take: on this thread it returned apply Taken {\"note\":"},
    {"pins_itself.so", "FAILED unload: unload 1 of 20: the loader still lists it, "},
};
INSTANTIATE_TEST_SUITE_P(Each, VerifySpoilt, testing::ValuesIn(kSpoilt), [](const auto& plugin) {
  const std::string file = plugin.param.file;
  return file.substr(0, file.find('.'));
});

TEST(Verify, AMessageOfAnotherDomainThatThrowsIsAWarning) {
  const Lines lines = lines_of({.file = spoilt("throws_at_arrivals.so")});
  EXPECT_THAT(with("FAILED", lines), IsEmpty());
  EXPECT_THAT(with("WARNING", lines),
              ElementsAre(AllOf(StartsWith("WARNING topics: decide of Arrived with {\"pages\":"),
                                EndsWith(" threw: no room; it comes from another domain, ignore "
                                         "what does not fit the state"))));
}

// --- against an older build ---------------------------------------------------------------------

Lines against(const fs::path& now, const fs::path& before) {
  return lines_of({.file = now, .filter = "against", .against = before});
}

TEST(Verify, WhatHasBecomeOfTheEventsOfAnOlderBuildIsAWarning) {
  EXPECT_THAT(
      against(spoilt("next_build.so"), spoilt("first_build.so")),
      ElementsAre("WARNING against: Placed.title (string) is gone, perhaps renamed to titel; "
                  "Placed.copies was int32, is int16; "
                  "Placed.place may not be middle any more; "
                  "Placed.detail.colour (string) is gone, perhaps renamed to color; "
                  "Placed.detail.weight was string, is int64; "
                  "Placed.parts (list of Detail) is gone; "
                  "Placed.note may not be absent any more; "
                  "Placed.lender (string) is gone; "
                  "Placed.titel is new and needed, which stored events lack; "
                  "Placed.detail.color is new and needed, which stored events lack; "
                  "Placed.shelf is new and needed, which stored events lack; "
                  "Moved is gone, perhaps renamed to Moves; "
                  "Cleared was an event, is an internal action; "
                  "keep reading what older builds have stored"));
}

TEST(Verify, ABuildThatReadsTheSameEventsPasses) {
  EXPECT_THAT(against(spoilt("next_build.so"), spoilt("next_build.so")),
              ElementsAre("PASSED against"));
}

TEST(Verify, AnOlderBuildThatIsNoneFails) {
  EXPECT_THAT(against(spoilt("next_build.so"), "/no/such.so"),
              ElementsAre(StartsWith("FAILED against: /no/such.so: ")));
  EXPECT_THAT(against(spoilt("next_build.so"), ORDERS_PLUGIN),
              ElementsAre(EndsWith("orders.so is the domain orders, and this is shelf; name an "
                                   "older build of this one")));
}

TEST(Verify, APermanentPluginFailsLintAndIsNotUnloaded) {
  const Lines lines = lines_of({.file = fs::path(PLUGIN_FIXTURES_DIR) / "static_tls.so"});
  EXPECT_THAT(with("FAILED", lines),
              ElementsAre(StartsWith("FAILED lint: it cannot be reloaded: it is marked NODELETE")));
  EXPECT_EQ(lines.back(), "SKIPPED unload: it is permanent; see lint");
}

TEST(Verify, ARemarkOfTheLintIsAWarning) {
  const Lines lines = lines_of({.file = fs::path(PLUGIN_FIXTURES_DIR) / "extra_export.so"});
  EXPECT_THAT(with("FAILED", lines), IsEmpty());
  EXPECT_THAT(lines[1], StartsWith("WARNING lint: it exports "));
}

TEST(Verify, WhatThrowsAcrossTheAbiIsNamed) {
  EXPECT_THAT(failed(fs::path(DEADLY_PLUGINS_DIR) / "throws_in_decode.so"),
              ElementsAre(AllOf(StartsWith("FAILED codec-fuzz: its decode of Nothing, "),
                                EndsWith("let an exception out: no such field; catch it in the "
                                         "plugin and return COMPOSABLE_E_EXCEPTION"))));
}

// --- what nothing else stands on ----------------------------------------------------------------

TEST(Verify, AFileThatIsNoPluginFailsTheFirstTestAndSkipsTheRest) {
  const Lines lines = lines_of({.file = fs::path(BAD_PLUGINS_DIR) / "wrong_abi.so"});
  EXPECT_EQ(lines.front(),
            "FAILED file: built for abi 9.0, this host speaks 1.0; rebuild it with the SDK of this "
            "host");
  EXPECT_EQ(with("SKIPPED", lines).size(), verify_tests().size() - 2);
  EXPECT_THAT(lines, testing::Contains("SKIPPED codec: file has failed"));
}

TEST(Verify, WhatEndsItsProcessIsNamedWithTheCall) {
  const fs::path deadly = DEADLY_PLUGINS_DIR;
  EXPECT_THAT(failed(deadly / "exits_in_create.so"),
              ElementsAre("FAILED load: it ended the process with exit code 3 in create; a plugin "
                          "must not do that"));
  EXPECT_THAT(failed(deadly / "crashes_in_destroy.so"),
              ElementsAre(StartsWith("FAILED load: it crashed with SIGSEGV in destroy or a static "
                                     "destructor; fix the plugin")));
  EXPECT_THAT(failed(deadly / "crashes_in_constructor.so"),
              ElementsAre(StartsWith("FAILED load: it crashed with SIGSEGV in static "
                                     "constructors; fix the plugin")));
}

TEST(Verify, WhatHangsIsEndedAtTheDeadline) {
  EXPECT_THAT(lines_of({.file = spoilt("hangs.so"),
                        .filter = "load",
                        .deadline = std::chrono::milliseconds(300)}),
              ElementsAre("FAILED load: it was not over after 0.3 s, it ended in create; that must "
                          "return at once",
                          "SKIPPED unload: load has failed"));
}

TEST(Verify, TheConfigurationGoesToTheDomain) {
  EXPECT_THAT(
      lines_of({.file = spoilt("not_spoilt.so"), .config = R"({"a":1})", .filter = "lifecycle"}),
      ElementsAre("FAILED load: create: the domain has no settings; see domains.spoilt in "
                  "the configuration",
                  "SKIPPED lifecycle: load has failed"));
}

TEST(Verify, EveryTestSaysWhatItAsks) {
  std::size_t count = 0;
  list_tests([&](std::string_view test, std::string_view what) {
    ++count;
    EXPECT_FALSE(test.empty());
    EXPECT_GT(what.size(), 20u) << test;
  });
  EXPECT_EQ(count, verify_tests().size());
}

}  // namespace
}  // namespace composable::host
