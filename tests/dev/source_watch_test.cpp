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
                            told_.insert(told_.end(), names.begin(), names.end());
                            changed_.notify_all();
                          }});
    ASSERT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
  }

  // All that was told until `last` was, without repeats.
  std::vector<std::string> told_until(const std::string& last) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience,
                      [&] { return std::find(told_.begin(), told_.end(), last) != told_.end(); });
    std::vector<std::string> all = std::exchange(told_, {});
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  ProjectDirectory project_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
  std::unique_ptr<SourceWatch> watch_;
};

TEST_F(SourceWatchTest, ASavedSourceIsToldByItsName) {
  project_.write("shop.cpp", "old");
  start();
  project_.write("shop.cpp", "new");
  EXPECT_THAT(told_until("shop.cpp"), ElementsAre("shop.cpp"));
}

TEST_F(SourceWatchTest, WhatAnEditorReplacesOrDeletesIsAChange) {
  project_.write("shop.hpp", "old");
  project_.write("old.cpp", "");
  start();
  project_.write(".shop.hpp.swp", "new");
  fs::rename(project_.path() / ".shop.hpp.swp", project_.path() / "shop.hpp");
  fs::remove(project_.path() / "old.cpp");
  project_.write("last.c", "");
  EXPECT_THAT(told_until("last.c"), UnorderedElementsAre("last.c", "old.cpp", "shop.hpp"));
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
  EXPECT_THAT(told_until("CMakeLists.txt"), ElementsAre("CMakeLists.txt"));
}

TEST_F(SourceWatchTest, ADirectoryThatComesLaterIsWatched) {
  start();
  fs::create_directories(project_.path() / "rules");
  // Made before the watch may have looked into the directory, so it is written until it is told.
  std::vector<std::string> told;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (told.empty() && std::chrono::steady_clock::now() < until) {
    project_.write("rules/tax.cpp", "new");
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return !told_.empty(); });
    told = told_;
  }
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front(), "rules/tax.cpp");
}

TEST_F(SourceWatchTest, AProjectThatIsNotThereHasNothingToWatch) {
  EXPECT_TRUE(SourceWatch::start(project_.path() / "nowhere", {.changed = [](auto) {}}).ok());
}

TEST(SourceNames, WhatABuildReads) {
  for (const char* name : {"a.c", "a.cpp", "a.h", "a.hpp", "CMakeLists.txt", "x.cmake"}) {
    EXPECT_TRUE(is_source_name(name)) << name;
  }
  for (const char* name : {"a.o", "a.so", "README.md", ".a.cpp", "a.cpp~", "4913"}) {
    EXPECT_FALSE(is_source_name(name)) << name;
  }
}

}  // namespace
}  // namespace composable::host
