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
                                "back from; look at composable check"));
}

TEST_F(RollbackTest, FiveAreKept) {
  serve("first");
  // The log is empty, so that every build takes it.
  for (const char* build : {"second", "doubles", "marks", "forgets", "throws", "first", "second"}) {
    EXPECT_EQ(reload(build).state, GenerationState::kLive);
  }
  EXPECT_EQ(copies(), 1 + Retirement::kMaxKept);
  EXPECT_EQ(back(77).status(), absl::NotFoundError("tally: generation 77 is not kept; kept are: "
                                                   "7, 6, 5, 4, 3; name one of those, or put its "
                                                   "file into the plugin directory"));
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
