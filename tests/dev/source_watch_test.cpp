#include "dev/source_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "project_directory.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::chrono::seconds kPatience{20};

class SourceWatchTest : public testing::Test {
 protected:
  void start() {
    auto watch = SourceWatch::start(
        project_.path(), {.leave_out = {project_.path() / "build"}, .changed = [this](auto names) {
                            const std::lock_guard lock(mutex_);
                            reported_.insert(reported_.end(), names.begin(), names.end());
                            changed_.notify_all();
                          }});
    ASSERT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
  }

  // All that was reported until `last` was, without repeats.
  std::vector<std::string> reported_until(const std::string& last) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] {
      return std::find(reported_.begin(), reported_.end(), last) != reported_.end();
    });
    std::vector<std::string> all = std::exchange(reported_, {});
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  ProjectDirectory project_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> reported_;
  std::unique_ptr<SourceWatch> watch_;
};

TEST_F(SourceWatchTest, ASavedSourceIsToldByItsName) {
  project_.write("shop.cpp", "old");
  start();
  project_.write("shop.cpp", "new");
  EXPECT_THAT(reported_until("shop.cpp"), ElementsAre("shop.cpp"));
}

TEST_F(SourceWatchTest, WhatAnEditorReplacesOrDeletesIsAChange) {
  project_.write("shop.hpp", "old");
  project_.write("old.cpp", "");
  start();
  project_.write(".shop.hpp.swp", "new");
  fs::rename(project_.path() / ".shop.hpp.swp", project_.path() / "shop.hpp");
  fs::remove(project_.path() / "old.cpp");
  project_.write("last.c", "");
  EXPECT_THAT(reported_until("last.c"), UnorderedElementsAre("last.c", "old.cpp", "shop.hpp"));
}

TEST_F(SourceWatchTest, BuildsHiddenDirectoriesAndOtherFilesAreNot) {
  project_.write("build/made.cpp", "old");
  project_.write(".git/index.c", "old");
  start();
  project_.write("build/made.cpp", "new");
  project_.write(".git/index.c", "new");
  project_.write("README.md", "new");
  project_.write("shop.cpp~", "new");
  project_.write("CMakeLists.txt", "new");
  EXPECT_THAT(reported_until("CMakeLists.txt"), ElementsAre("CMakeLists.txt"));
}

TEST_F(SourceWatchTest, ADirectoryThatComesLaterIsWatched) {
  start();
  fs::create_directories(project_.path() / "rules");
  // Made before the watch may have looked into the directory, so it is written until it is
  // reported.
  std::vector<std::string> reported;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (reported.empty() && std::chrono::steady_clock::now() < until) {
    project_.write("rules/tax.cpp", "new");
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return !reported_.empty(); });
    reported = reported_;
  }
  ASSERT_FALSE(reported.empty());
  EXPECT_EQ(reported.front(), "rules/tax.cpp");
}

// A missing header may come in any way that makes a name.
TEST_F(SourceWatchTest, ALinkAHardLinkAndALinkedDirectoryAreChanges) {
  const ProjectDirectory elsewhere;
  elsewhere.write("tax.hpp", "");
  start();
  fs::create_symlink(elsewhere.path() / "tax.hpp", project_.path() / "linked.hpp");
  EXPECT_THAT(reported_until("linked.hpp"), ElementsAre("linked.hpp"));
  fs::create_hard_link(elsewhere.path() / "tax.hpp", project_.path() / "hard.hpp");
  EXPECT_THAT(reported_until("hard.hpp"), ElementsAre("hard.hpp"));
  fs::create_directory_symlink(elsewhere.path(), project_.path() / "shared");
  EXPECT_THAT(reported_until("shared"), ElementsAre("shared"));
}

TEST_F(SourceWatchTest, ADirectoryThatIsMovedOrCopiedInIsAChangeOfItsSources) {
  const ProjectDirectory elsewhere;
  elsewhere.write("moved/deep/tax.hpp", "");
  elsewhere.write("moved/README.md", "");
  elsewhere.write("copied/rates.hpp", "");
  start();
  fs::rename(elsewhere.path() / "moved", project_.path() / "moved");
  EXPECT_THAT(reported_until("moved/deep/tax.hpp"), ElementsAre("moved/deep/tax.hpp"));
  fs::copy(elsewhere.path() / "copied", project_.path() / "copied", fs::copy_options::recursive);
  EXPECT_THAT(reported_until("copied/rates.hpp"), ElementsAre("copied/rates.hpp"));
  // It is watched like any other from then on.
  project_.write("moved/deep/tax.hpp", "new");
  EXPECT_THAT(reported_until("moved/deep/tax.hpp"), ElementsAre("moved/deep/tax.hpp"));
}

TEST_F(SourceWatchTest, ADirectoryThatIsMovedIsKnownByItsNewName) {
  const ProjectDirectory elsewhere;
  project_.write("old/tax.hpp", "");
  start();
  fs::rename(project_.path() / "old", project_.path() / "new");
  EXPECT_THAT(reported_until("new/tax.hpp"), ElementsAre("new/tax.hpp", "old"));
  project_.write("new/tax.hpp", "changed");
  EXPECT_THAT(reported_until("new/tax.hpp"), ElementsAre("new/tax.hpp"));
  fs::rename(project_.path() / "new", elsewhere.path() / "away");
  EXPECT_THAT(reported_until("new"), ElementsAre("new"));
  elsewhere.write("away/tax.hpp", "nobody's");
  project_.write("last.c", "");
  EXPECT_THAT(reported_until("last.c"), ElementsAre("last.c"));
}

TEST_F(SourceWatchTest, AProjectThatIsNotThereHasNothingToWatch) {
  EXPECT_TRUE(SourceWatch::start(project_.path() / "nowhere", {.changed = [](auto) {}}).ok());
}

TEST(SourceNames, WhatABuildReads) {
  for (const char* name :
       {"a.c", "a.cpp", "a.h", "a.hpp", "a.inl", "a.tpp", "CMakeLists.txt", "x.cmake"}) {
    EXPECT_TRUE(is_source_name(name)) << name;
  }
  for (const char* name : {"a.o", "a.so", "README.md", ".a.cpp", "a.cpp~", "4913"}) {
    EXPECT_FALSE(is_source_name(name)) << name;
  }
}

}  // namespace
}  // namespace composable::host
