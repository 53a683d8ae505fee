// From a plugin file to a generation that serves; and what is refused on the way, which leaves the
// one that serves as it was and nothing else behind.
#include "reload/changeover.hpp"

#include "reload_fixture.hpp"

namespace composable::host {
namespace {

class ChangeoverTest : public ReloadTest {
 protected:
  // Why the last build is refused, without its file's name.
  std::string refusal(const GenerationRecord& record) {
    EXPECT_EQ(record.state, GenerationState::kRefused) << sentence_of(record);
    const std::string where = record.file + ": ";
    EXPECT_TRUE(record.reason.starts_with(where)) << record.reason;
    return record.reason.substr(std::min(where.size(), record.reason.size()));
  }
  // The same, of a build that comes when `before` serves; which goes on, with its total of 3.
  std::string refusal_beside(std::string_view before, std::string_view build) {
    serve(before);
    add(3);
    finish();
    const std::size_t files = open_files(), mappings = mapped(), kept = copies();
    const auto list = served_.list();
    put(build);
    const auto record = answer(ask());
    EXPECT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(served_.list(), list);
    EXPECT_EQ(total(), 3);
    add(1);
    EXPECT_EQ(total(), 4);
    reloader_.stop();
    EXPECT_EQ(open_files(), files);
    EXPECT_EQ(mapped(), mappings);
    EXPECT_EQ(copies(), kept);
    return record.ok() ? refusal(*record) : "";
  }
};

// --- taken --------------------------------------------------------------------------------------

TEST_F(ChangeoverTest, AReloadKeepsTheStateAndUnmapsTheOneBefore) {
  serve("first");
  add(3);
  const std::size_t mappings = mapped();
  const GenerationRecord record = reload("second");
  EXPECT_EQ(record.state, GenerationState::kLive) << record.reason;
  EXPECT_EQ(store()->domain()->version(), "2");
  EXPECT_EQ(total(), 3);
  add(2);
  EXPECT_EQ(total(), 5);
  EXPECT_EQ(mapped(), mappings);
  EXPECT_EQ(copies(), 1u);  // of what serves
}

TEST_F(ChangeoverTest, TheRecordSaysHowItWent) {
  serve("first");
  add(1);
  add(1);
  const GenerationRecord record = reload("second");
  EXPECT_EQ(record.attempt, 2u);
  EXPECT_EQ(record.domain, "tally");
  EXPECT_EQ(record.file, (plugins_ / "tally.so").string());
  EXPECT_EQ(record.version, "2");
  EXPECT_EQ(record.build.size(), 40u);
  EXPECT_EQ(record.generation, 2u);
  EXPECT_EQ(record.replaced, 1u);
  EXPECT_EQ(record.trigger, "request");

  EXPECT_EQ(record.reason, "");
  EXPECT_EQ(record.carried, "evolved 2 events");
  EXPECT_GT(record.began_us, 0);
  for (const std::int64_t micros :
       {record.steps.canary_us, record.steps.load_us, record.steps.evolve_us, record.live_us}) {
    EXPECT_GT(micros, 0);
  }
  EXPECT_LE(record.steps.pause_us, record.steps.evolve_us);
  EXPECT_LE(record.steps.evolve_us, record.live_us);

  const GenerationRecord before = history_.newest_first().back();
  EXPECT_EQ(before.attempt, 1u);
  EXPECT_EQ(before.trigger, "start");
  EXPECT_EQ(before.carried, "began with the host");
  EXPECT_EQ(before.state, GenerationState::kUnloaded);
  EXPECT_GT(before.steps.unload_us, 0);
}

TEST_F(ChangeoverTest, ItGoesThroughEveryState) {
  serve("first");
  reload("second");
  std::size_t from = 0;
  for (const auto& [attempt, state] :
       std::vector<std::pair<std::uint64_t, GenerationState>>{{1, GenerationState::kLive},
                                                              {2, GenerationState::kCanary},
                                                              {2, GenerationState::kLoading},
                                                              {2, GenerationState::kLive},
                                                              {1, GenerationState::kDraining},
                                                              {1, GenerationState::kUnloaded}}) {
    const GenerationRecord record = witness_.wait([](const auto&) { return true; }, from++);
    EXPECT_EQ(record.attempt, attempt) << from;
    EXPECT_EQ(record.state, state) << name_of(record.state);
  }
  EXPECT_EQ(witness_.count(), from);
}

TEST_F(ChangeoverTest, StateIsWhatTheNewcomerMakesOfTheLog) {
  serve("first");
  add(3);
  reload("doubles");
  EXPECT_EQ(total(), 6);
}

TEST_F(ChangeoverTest, TheSameBuildIsReloadedWhenAskedFor) {
  serve("first");
  add(3);
  for (std::uint64_t generation = 2; generation != 4; ++generation) {
    const GenerationRecord record = settled(answer(ask()));
    EXPECT_EQ(record.state, GenerationState::kLive) << record.reason;
    EXPECT_EQ(record.generation, generation);
    EXPECT_EQ(total(), 3);
  }
  EXPECT_EQ(copies(), 1u);
  EXPECT_EQ(files_in(directory_ / "kept"), 1u);  // one build is kept once
}

TEST_F(ChangeoverTest, AHundredReloadsLeaveNothingBehind) {
  serve("first");
  add(3);
  reload("second");
  reload("first");
  const std::size_t files = open_files(), mappings = mapped();
  for (int n = 0; n < 50; ++n) {
    ASSERT_EQ(reload(n % 2 == 0 ? "second" : "first").state, GenerationState::kLive);
  }
  EXPECT_EQ(total(), 3);
  EXPECT_EQ(open_files(), files);
  EXPECT_EQ(mapped(), mappings);
  EXPECT_EQ(copies(), 1u);
  EXPECT_EQ(history_.newest_first().size(), 53u);
}

TEST_F(ChangeoverTest, AFileBeginsADomainWithTheNextFreeNumber) {
  serve("first");
  put("other", "other.so");
  reload_all();
  EXPECT_EQ(published_, (Strings{"tally", "other"}));
  add(7, "other");
  fs::remove(plugins_ / "tally.so");
  reload_all();
  EXPECT_EQ(published_, (Strings{"", "other"}));
  put("first");
  reload_all();
  EXPECT_EQ(published_, (Strings{"tally", "other"}));
  EXPECT_EQ(total("other"), 7);
}

TEST_F(ChangeoverTest, AFileThatWasRenamedIsTheSameDomains) {
  serve("first");
  add(3);
  fs::rename(plugins_ / "tally.so", plugins_ / "moved.so");
  reload_all();
  EXPECT_EQ(published_, Strings{"tally"});
  EXPECT_EQ(total(), 3);
  EXPECT_EQ(answer(ask())->file, (plugins_ / "moved.so").string());
}

TEST_F(ChangeoverTest, AHaltedDomainServesAgainWithABuildThatTakesItsEvents) {
  serve("marks");
  add(3);
  EXPECT_EQ(send("Mark", "{}", "Starred"), "{}");
  const std::string refused = refusal(reload("first"));
  EXPECT_EQ(refused,
            "the domain does not know the event type Marked, stored in stream \"tally\" at "
            "position 2; declare it");
  EXPECT_EQ(reload("marks").state, GenerationState::kLive);
}

// --- refused ------------------------------------------------------------------------------------

TEST_F(ChangeoverTest, WhoDoesNotTakeAStoredEventIsRefused) {
  EXPECT_EQ(refusal_beside("first", "throws"),
            "evolving Added of stream \"tally\" at position 1 failed: no additions any more; every "
            "stored event must "
            "evolve");
}

TEST_F(ChangeoverTest, WhoDoesNotKnowAStoredEventIsRefused) {
  EXPECT_EQ(refusal_beside("first", "forgets"),
            "the domain does not know the event type Added, stored in stream \"tally\" at position "
            "1; declare it");
}

TEST_F(ChangeoverTest, WhoCrashesOnAStoredEventDoesSoElsewhere) {
  const std::string text = refusal_beside("first", "crashes");
  EXPECT_TRUE(text.starts_with(
      "its trial ended with signal SIGABRT while evolving Added of stream \"tally\" at "
      "position 1; fix the plugin"))
      << text;
}

TEST_F(ChangeoverTest, WhoseRoutesCannotBeServedIsRefused) {
  routes_ = absl::AlreadyExistsError("two routes answer GET /api/v1/tally");
  EXPECT_EQ(refusal_beside("first", "second"), "two routes answer GET /api/v1/tally");
}

TEST_F(ChangeoverTest, AFileServesOneDomainForAsLongAsItIsThere) {
  EXPECT_EQ(refusal_beside("first", "other"),
            "it is the domain \"other\" now, and this file serves \"tally\"; give the new domain a "
            "file of its own, or restart the host when files have changed their names");
}

TEST_F(ChangeoverTest, ANameThatIsTakenIsRefusedAndItsFileNamed) {
  serve("first");
  put("second", "z.so");
  EXPECT_EQ(refusal(reload_all().back()),
            absl::StrFormat("the domain \"tally\" is already served by %s; remove one of them",
                            (plugins_ / "tally.so").string()));
  EXPECT_EQ(store()->domain()->version(), "1");
  ASSERT_EQ(reloader_.refused().size(), 1u);
  EXPECT_EQ(reloader_.refused()[0].file, (plugins_ / "z.so").string());
}

TEST_F(ChangeoverTest, ANewDomainThatIsRefusedLeavesNothingBehind) {
  serve("first");
  add(3, "tally");
  finish();
  const std::size_t files = open_files(), mappings = mapped(), kept = copies();
  routes_ = absl::AlreadyExistsError("two routes answer GET /api/v1/other");
  put("other", "other.so");
  EXPECT_EQ(refusal(reload_all().front()), "two routes answer GET /api/v1/other");
  EXPECT_EQ(published_, Strings{"tally"});
  reloader_.stop();
  EXPECT_EQ(open_files(), files);
  EXPECT_EQ(mapped(), mappings);
  EXPECT_EQ(copies(), kept);
}

TEST_F(ChangeoverTest, AFileThatChangesBetweenItsTrialAndItsLoadingIsTriedAgain) {
  serve("first");
  add(3);
  int trials = 0;
  before_trial_ = [&] {
    if (++trials == 1) put("marks");
  };
  const GenerationRecord record = reload("second");
  EXPECT_EQ(record.state, GenerationState::kLive) << record.reason;
  EXPECT_EQ(record.version, "4");
  EXPECT_EQ(trials, 2);
}

TEST_F(ChangeoverTest, AFileThatNeverSettlesIsRefused) {
  int trials = 0;
  before_trial_ = [&] { put(++trials % 2 == 0 ? "second" : "marks"); };
  EXPECT_EQ(refusal_beside("first", "second"),
            "it changes faster than it can be tried; finish writing it");
  EXPECT_EQ(trials, 3);
}

// --- what can never be unmapped -----------------------------------------------------------------

constexpr char kNoDelete[] =
    "it is marked NODELETE: the loader never unmaps it; link it without -z nodelete";
constexpr char kThreadLocal[] =
    "it imports __cxa_thread_atexit: a thread_local with a destructor holds the code until its "
    "thread ends; do without it, or restart the host for a new build";

TEST_F(ChangeoverTest, WhatCouldNeverBeUnmappedDoesNotReplaceWhatCan) {
  EXPECT_EQ(refusal_beside("first", "nodelete"),
            absl::StrFormat("not reloaded: it could never be unmapped again, since %s", kNoDelete));
}

TEST_F(ChangeoverTest, WhatCanBeUnmappedDoesNotReplaceWhatCannot) {
  EXPECT_EQ(refusal_beside("nodelete", "first"),
            absl::StrFormat("not reloaded: the generation that serves can never be unmapped, "
                            "since %s",
                            kNoDelete));
}

TEST_F(ChangeoverTest, AThreadLocalWithADestructorIsNotReloadable) {
  EXPECT_EQ(
      refusal_beside("first", "thread_local"),
      absl::StrFormat("not reloaded: it could never be unmapped again, since %s", kThreadLocal));
}

#if !defined(__clang__)  // which makes no unique symbols
TEST_F(ChangeoverTest, WhatPlainGccMakesIsReportedAsNotReloadable) {
  const std::string text = refusal_beside("first", "plain");
  EXPECT_TRUE(text.starts_with("not reloaded: it could never be unmapped again, since it exports "))
      << text;
  EXPECT_NE(text.find("as unique: the loader never unmaps it, and a new build would run with the "
                      "old one's variables; link it with composable_add_plugin"),
            std::string::npos)
      << text;
}
#endif

TEST_F(ChangeoverTest, WhatCanNeverBeUnmappedMayBeginADomain) {
  start();
  put("nodelete");
  reload_all();
  EXPECT_EQ(published_, Strings{"tally"});
  add(3);
  fs::remove(plugins_ / "tally.so");
  const GenerationRecord record = reload_all().front();
  EXPECT_EQ(published_, Strings{""});
  EXPECT_EQ(record.state, GenerationState::kPinned);
  EXPECT_EQ(record.reason, absl::StrFormat("it is permanent; %s", kNoDelete));
  EXPECT_EQ(pinned(), 1u);
}

}  // namespace
}  // namespace composable::host
