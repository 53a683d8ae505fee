// What the reloader is asked for, by people and by the watcher: in turn, joined, and always
// answered.
#include "reload/reloader.hpp"

#include <latch>
#include <thread>

#include "reload_fixture.hpp"
#include "runtime/own_thread.hpp"

namespace composable::host {
namespace {

class ReloaderTest : public ReloadTest {
 protected:
  // From now on a trial waits, once it has begun, until the latch is counted down.
  void hold_trials() {
    before_trial_ = [this] {
      begun_.count_down();
      go_on_.wait();
    };
  }
  std::latch begun_{1};
  std::latch go_on_{1};
};

class ImpatientReloaderTest : public ReloadTest {
 protected:
  ImpatientReloaderTest() : ReloadTest(milliseconds(20)) {}
};

// --- asked for ----------------------------------------------------------------------------------

TEST_F(ReloaderTest, WhoAsksForWhatIsUnderWayGetsThatOnesAnswer) {
  serve("first");
  put("second");
  hold_trials();
  Told first = ask();
  begun_.wait();
  std::vector<Told> others;
  for (int n = 0; n < 8; ++n) others.push_back(ask());
  go_on_.count_down();
  const GenerationRecord record = settled(answer(std::move(first)));
  EXPECT_EQ(record.generation, 2u);
  for (Told& other : others) {
    const auto told = answer(std::move(other));
    ASSERT_TRUE(told.ok()) << told.status();
    EXPECT_EQ(told->attempt, record.attempt);
  }
  finish();
  EXPECT_EQ(history_.newest_first().size(), 2u);
}

// What is under way may have had the configuration of before.
TEST_F(ReloaderTest, WhoAsksWithAnotherConfigurationIsReloadedOnce) {
  serve("first");
  put("second");
  hold_trials();
  Told first = ask();
  begun_.wait();
  read_config_ = [] { return true; };
  Told second = ask();
  go_on_.count_down();
  const GenerationRecord before = settled(answer(std::move(first)));
  const GenerationRecord after = settled(answer(std::move(second)));
  EXPECT_NE(after.attempt, before.attempt);
  EXPECT_EQ(after.replaced, before.generation);
}

TEST_F(ReloaderTest, AConfigurationWithMistakesRefusesTheReloadAndSaysWhere) {
  serve("first");
  put("second");
  read_config_ = [] { return absl::InvalidArgumentError("config.domains: expected an object"); };
  const auto told = answer(ask());
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->state, GenerationState::kRefused);
  EXPECT_EQ(told->reason,
            "config.domains: expected an object; nothing is reloaded, and what serves keeps its "
            "configuration");
  const auto all = reload_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].reason, told->reason);
  EXPECT_EQ(store()->domain()->tables().version(), "1");
}

TEST_F(ReloaderTest, ManyThatAskAtOnceAreAllAnswered) {
  constexpr int kThreads = 4, kEach = 5;
  serve("first");
  add(3);
  std::atomic<int> live{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const OwnThread own;
      for (int n = 0; n < kEach; ++n) {
        const auto told = answer(ask());
        if (told.ok() && told->state == GenerationState::kLive) ++live;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  finish();
  EXPECT_EQ(live.load(), kThreads * kEach);
  EXPECT_LE(history_.newest_first().size(), std::size_t{1 + kThreads * kEach});
  EXPECT_EQ(total(), 3);
}

TEST_F(ReloaderTest, AnUnknownDomainIsSaidToBeUnknown) {
  serve("first");
  const auto told = answer(ask("nobody"));
  EXPECT_EQ(told.status(),
            absl::NotFoundError(
                "no plugin file is known for the domain \"nobody\"; see composable check"));
}

TEST_F(ReloaderTest, ARefusedFileIsAskedForByItsName) {
  const fs::path file = plugins_ / "broken.so";
  write_file(file, "not a plugin");
  start(false,
        {{.file = file.string(), .reason = "it was refused at start", .domain = "", .build = ""}});
  EXPECT_EQ(answer(ask("broken"))->state, GenerationState::kRefused);
  put("first", "broken.so");
  const auto told = answer(ask("broken"));
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->state, GenerationState::kLive) << told->reason;
  EXPECT_EQ(told->domain, "tally");
  EXPECT_TRUE(reloader_.refused().empty());
}

// A refused file stands for a domain that is away: until it is good, or gone.
TEST_F(ReloaderTest, ARefusedFileIsKnownByItsDomainUntilItIsGone) {
  serve("first");
  write_file(plugins_ / "broken.so", "not a plugin");
  reload_all();
  ASSERT_EQ(reloader_.refused().size(), 1u);
  EXPECT_EQ(reloader_.refused()[0].domain, "broken");
  EXPECT_EQ(refused_changes_.load(), 1);
  reload_all();  // for the same reason
  EXPECT_EQ(refused_changes_.load(), 1);
  fs::remove(plugins_ / "broken.so");
  reload_all();
  EXPECT_TRUE(reloader_.refused().empty());
  EXPECT_EQ(refused_changes_.load(), 2);
}

TEST_F(ReloaderTest, AllFilesAreReloadedLikeAtAStart) {
  serve("first");
  put("other", "other.so");
  const auto records = reload_all();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].domain, "other");
  EXPECT_EQ(records[1].domain, "tally");
  EXPECT_EQ(records[1].replaced, 1u);
  EXPECT_EQ(records[1].trigger, "request");
}

// --- the end ------------------------------------------------------------------------------------

TEST_F(ReloaderTest, TheEndAnswersEverybody) {
  serve("first");
  put("second");
  hold_trials();
  Told under_way = ask();
  begun_.wait();
  Told waiting = ask_back();
  std::promise<absl::Status> all;
  reloader_.reload_all("signal", [&](const auto& records) { all.set_value(records.status()); });
  std::thread ending([&] {
    const OwnThread own;
    reloader_.stop();
  });
  // What is asked for once it is stopping is answered in the call; until then it waits in line.
  Told late = ask_back();
  go_on_.count_down();
  // Its trial had ended, or is given up.
  const GenerationRecord last = *answer(std::move(under_way));
  if (last.state != GenerationState::kLive) {
    EXPECT_TRUE(last.reason.ends_with("the host is shutting down")) << last.reason;
  }
  for (Told* told : {&waiting, &late}) {
    EXPECT_EQ(answer(std::move(*told)).status(),
              absl::UnavailableError("the host is shutting down; try again when it is back"));
  }
  EXPECT_TRUE(absl::IsUnavailable(all.get_future().get()));
  ending.join();
  EXPECT_EQ(answer(ask()).status(),
            absl::UnavailableError("the host is shutting down; try again when it is back"));
}

// --- watched ------------------------------------------------------------------------------------

TEST_F(ReloaderTest, AChangedFileIsTaken) {
  serve("first", true);
  add(3);
  put("second");
  const GenerationRecord record = witness_.wait_for(GenerationState::kLive, 2);
  EXPECT_EQ(record.trigger, "change");
  witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_EQ(total(), 3);
}

TEST_F(ReloaderTest, ANewFileBeginsItsDomain) {
  serve("first", true);
  put("other", "other.so");
  witness_.wait(
      [](const auto& r) { return r.domain == "other" && r.state == GenerationState::kLive; });
  EXPECT_EQ(published_, (Strings{"tally", "other"}));
  add(1, "other");
}

TEST_F(ReloaderTest, AFileThatWasRenamedServesOnUnderItsNewName) {
  serve("first", true);
  add(3);
  fs::rename(plugins_ / "tally.so", plugins_ / "moved.so");
  const GenerationRecord record = witness_.wait_for(GenerationState::kLive, 2);
  EXPECT_EQ(record.replaced, 1u);
  EXPECT_EQ(record.file, (plugins_ / "moved.so").string());
  witness_.wait_for(GenerationState::kUnloaded, 1);
  finish();
  EXPECT_EQ(published_, Strings{"tally"});
  EXPECT_EQ(total(), 3);
}

TEST_F(ReloaderTest, WithItsFileADomainGoes) {
  serve("first", true);
  add(3);
  fs::remove(plugins_ / "tally.so");
  const GenerationRecord record = witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_EQ(record.domain, "tally");
  EXPECT_EQ(published_, Strings{""});
  EXPECT_EQ(mapped(), 0u);
  EXPECT_EQ(answer(ask()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ReloaderTest, WhatADomainHasOpenEndsWithIt) {
  serve("first", true);
  Gate gate(directory_ / "gate");
  Ending ending;
  start_job("obedient", gate, ending);
  fs::remove(plugins_ / "tally.so");
  const Refusal refusal = ending.wait();
  EXPECT_EQ(refusal.status, 503);
  EXPECT_EQ(refusal.message, "The domain tally is being removed");
  witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_EQ(mapped(), 0u);
}

TEST_F(ReloaderTest, WhatADomainHasSuspendedEndsWithIt) {
  serve("first", true);
  Gate gate(directory_ / "gate");
  Ending ending;
  start_job("suspended", gate, ending);
  fs::remove(plugins_ / "tally.so");
  EXPECT_EQ(ending.wait().status, 503);
  witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_EQ(mapped(), 0u);
}

TEST_F(ImpatientReloaderTest, AJobThatDoesNotEndWithItsDomainIsNamed) {
  serve("first", true);
  Gate gate(directory_ / "gate");
  Ending ending;
  start_job("stubborn", gate, ending);
  fs::remove(plugins_ / "tally.so");
  EXPECT_EQ(ending.wait().status, 503);
  EXPECT_EQ(witness_.wait_for(GenerationState::kPinned, 1).reason,
            "it is held by the job Stubborn, which runs on although it was cancelled; check "
            "cancelled() in it");
  EXPECT_GT(mapped(), 0u);
  gate.open();
  witness_.wait_for(GenerationState::kUnloaded, 1);
  EXPECT_EQ(mapped(), 0u);
}

TEST_F(ReloaderTest, ANameThatWasTakenIsFreeOnceItsDomainIsGone) {
  serve("first", true);
  put("second", "z.so");
  const GenerationRecord refused =
      witness_.wait([](const auto& r) { return r.state == GenerationState::kRefused; });
  EXPECT_EQ(refused.domain, "tally");
  add(3);
  fs::remove(plugins_ / "tally.so");
  const GenerationRecord record = witness_.wait(
      [](const auto& r) { return r.state == GenerationState::kLive && r.version == "2"; });
  EXPECT_EQ(record.file, (plugins_ / "z.so").string());
  finish();
  EXPECT_TRUE(reloader_.refused().empty());
  EXPECT_EQ(total(), 3);
}

TEST_F(ReloaderTest, ABuildThatServesAlreadyIsNoNews) {
  serve("first", true);
  put("second", "tally.so");
  witness_.wait_for(GenerationState::kUnloaded, 1);
  const std::size_t told = witness_.count();
  put("second", "tally.so");
  put("other", "other.so");  // seen after it
  witness_.wait(
      [](const auto& r) { return r.domain == "other" && r.state == GenerationState::kLive; });
  for (const GenerationRecord& record : history_.newest_first()) {
    EXPECT_LT(record.generation, 3u) << sentence_of(record);
  }
  EXPECT_GT(witness_.count(), told);
}

}  // namespace
}  // namespace composable::host
