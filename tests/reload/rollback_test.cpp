// Back to a generation that served before: its copy is kept, and it makes its state anew.
#include "reload_fixture.hpp"

namespace composable::host {
namespace {

class RollbackTest : public ReloadTest {
 protected:
  // The answer, after the one that was replaced is gone.
  absl::StatusOr<GenerationRecord> back(std::uint64_t generation = 0,
                                        std::string_view domain = "tally") {
    const auto record = answer(ask_back(generation, domain));
    if (record.ok()) settled(record);
    return record;
  }
};

TEST_F(RollbackTest, GoesToTheOneBefore) {
  serve("first");
  add(3);
  reload("doubles");
  ASSERT_EQ(total(), 6);
  const auto record = back();
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->state, GenerationState::kLive) << record->reason;
  EXPECT_EQ(record->trigger, "rollback");
  EXPECT_EQ(record->version, "1");
  EXPECT_EQ(record->file, (plugins_ / "tally.so").string());
  EXPECT_EQ(record->generation, 3u);
  EXPECT_EQ(record->replaced, 2u);
  EXPECT_EQ(total(), 3);
}

TEST_F(RollbackTest, TwiceIsWhereItBegan) {
  serve("first");
  reload("second");
  EXPECT_EQ(back()->version, "1");
  EXPECT_EQ(back()->version, "2");
  EXPECT_EQ(back()->version, "1");
}

TEST_F(RollbackTest, TheFileIsTakenAgainWhenAskedFor) {
  serve("first");
  reload("second");
  EXPECT_EQ(back()->version, "1");
  EXPECT_EQ(settled(answer(ask())).version, "2");
}

TEST_F(RollbackTest, GoesToTheGenerationOfThatNumber) {
  serve("first");
  reload("second");
  reload("doubles");
  EXPECT_EQ(back(1)->version, "1");
  EXPECT_EQ(back(3)->version, "3");
}

TEST_F(RollbackTest, ANumberThatIsNotKeptIsAnsweredWithThoseThatAre) {
  serve("first");
  EXPECT_EQ(back().status(),
            absl::NotFoundError("tally: an earlier generation is not kept; kept are: none; name "
                                "one of those, or put its file into the plugin directory"));
  reload("second");
  reload("doubles");
  EXPECT_EQ(back(9).status(),
            absl::NotFoundError("tally: generation 9 is not kept; kept are: 2, 1; name one of "
                                "those, or put its file into the plugin directory"));
  EXPECT_EQ(back(0, "nobody").status(),
            absl::NotFoundError("the domain \"nobody\" is not served, so there is nothing to go "
                                "back from; see composable check"));
}

TEST_F(RollbackTest, FiveAreKeptBesideTheOneThatServes) {
  serve("first");
  // The log is empty, so that every build takes it.
  for (const char* build : {"second", "doubles", "marks", "forgets", "throws", "first", "second"}) {
    EXPECT_EQ(reload(build).state, GenerationState::kLive);
  }
  finish();
  EXPECT_EQ(copies(), 1u);
  EXPECT_EQ(files_in(directory_ / "kept"), KeptBuilds::kMaxPerDomain);
  EXPECT_EQ(back(77).status(), absl::NotFoundError("tally: generation 77 is not kept; kept are: "
                                                   "7, 6, 5, 4, 3; name one of those, or put its "
                                                   "file into the plugin directory"));
}

TEST_F(RollbackTest, ABuildIsNamedByItsBeginning) {
  serve("first");
  const std::string build = history_.newest_first().front().build;
  reload("second");
  reload("doubles");
  const auto told = std::make_shared<std::promise<absl::StatusOr<GenerationRecord>>>();
  reloader_.rollback("tally", {.generation = 0, .build = build.substr(0, 8)}, into(told));
  EXPECT_EQ(settled(answer(told->get_future())).version, "1");
}

TEST_F(RollbackTest, AMisspeltDomainIsSuggested) {
  serve("first");
  EXPECT_EQ(back(0, "taly").status(),
            absl::NotFoundError("the domain \"taly\" is not served, so there is nothing to go back "
                                "from; did you mean \"tally\"?; see composable check"));
  EXPECT_EQ(answer(ask("taly")).status(),
            absl::NotFoundError("no plugin file is known for the domain \"taly\"; did you mean "
                                "\"tally\"?; see composable check"));
}

// As after a crash: another process finds what the one before has kept.
TEST_F(RollbackTest, WhatWasKeptBeforeAStartServesAgain) {
  serve("first");
  const std::string build = history_.newest_first().front().build;
  reload("second");
  finish();
  KeptBuilds reopened(directory_ / "kept");
  ASSERT_TRUE(reopened.open().ok());
  const auto found = reopened.of("tally");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].version, "2");
  EXPECT_EQ(found[1].version, "1");
  EXPECT_EQ(found[1].build, build);
  EXPECT_EQ(found[1].generation, 0u);
  EXPECT_EQ(found[1].events, (Strings{"Begun", "Added"}));
  EXPECT_TRUE(reopened.check(found[1]).ok());
}

TEST_F(RollbackTest, ADomainThatIsSetAsideGoesBackToABuildThatMayRun) {
  serve("first");
  add(3);
  reload("second");
  reload("doubles");
  finish();
  reloader_.stop();
  // The file has become a build that may not run, which was noticed at a start.
  const std::string bad = history_.newest_first().front().build;
  served_.set({});
  Canary canary(*run_);
  ChangeoverParts parts_of_restart = parts();
  parts_of_restart.canary = &canary;
  Changeover changeover(parts_of_restart);
  Reloader restarted(changeover, retirement_, served_, kept_);
  ASSERT_TRUE(restarted
                  .start({.directories = {plugins_},
                          .watch = false,
                          .refused = {{.file = (plugins_ / "tally.so").string(),
                                       .reason = "it has crashed",
                                       .domain = "tally",
                                       .build = bad}},
                          .refused_changed = {},
                          .read_config = {},
                          .all_reloaded = {},
                          .may_run = [&](std::string_view build) { return build != bad; }})
                  .ok());
  const auto told = std::make_shared<std::promise<absl::StatusOr<GenerationRecord>>>();
  restarted.rollback("tally", {}, into(told));
  const auto record = answer(told->get_future());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->state, GenerationState::kLive) << record->reason;
  EXPECT_EQ(record->version, "2");
  EXPECT_TRUE(restarted.refused().empty());
  EXPECT_EQ(total(), 3);
  restarted.stop();
}

TEST_F(RollbackTest, AKeptBuildThatIsDamagedIsNotUsed) {
  serve("first");
  reload("second");
  finish();
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_ / "kept")) {
    if (entry.path().extension() != ".so") continue;
    const int fd = ::open(entry.path().c_str(), O_WRONLY);
    EXPECT_EQ(::pwrite(fd, "x", 1, 4096), 1);
    ::close(fd);
  }
  const auto record = back();
  EXPECT_EQ(record.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(
      record.status().message().find("the kept build is damaged and not used: its SHA-256 is "),
      std::string::npos);
  EXPECT_EQ(store()->domain()->version(), "2");
}

TEST_F(RollbackTest, IsRefusedWithAllThatItCouldNotRead) {
  serve("first");
  reload("marks");
  add(3);
  EXPECT_EQ(send("Mark", "{}", "Marked"), "{}");
  const std::size_t attempts = history_.newest_first().size();
  const auto record = back();
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->state, GenerationState::kRefused);
  EXPECT_EQ(record->reason,
            (plugins_ / "tally.so").string() +
                ": generation 1 cannot read what newer ones have stored: Marked, Starred; the one "
                "that serves stays, build the older one again with these events");
  EXPECT_EQ(record->steps.canary_us, 0);  // refused before anything of it ran
  EXPECT_EQ(history_.newest_first().size(), attempts + 1);
  EXPECT_EQ(store()->domain()->version(), "4");
  EXPECT_EQ(total(), 3);
}

TEST_F(RollbackTest, WhatWasNeverStoredIsNoHindrance) {
  serve("first");
  reload("marks");
  add(3);
  EXPECT_EQ(back()->state, GenerationState::kLive);
  EXPECT_EQ(total(), 3);
}

}  // namespace
}  // namespace composable::host
