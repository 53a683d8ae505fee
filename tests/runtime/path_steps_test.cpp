#include "runtime/path_steps.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

class PathSteps : public testing::Test {
 protected:
  PathSteps() {
    std::string pattern = (fs::temp_directory_path() / "composable-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data()));
  }
  ~PathSteps() override { fs::remove_all(root_); }

  // Those below the test's directory, which all begin with it.
  Texts below(const fs::path& path) const {
    Texts texts;
    for (const PathStep& step : path_steps(path)) {
      const fs::path at = (step.directory / step.name).lexically_relative(root_);
      if (!at.string().starts_with("..")) texts.push_back(at.string());
    }
    if (!texts.empty() && texts.front() == ".") texts.erase(texts.begin());
    return texts;
  }

  fs::path root_;
};

TEST_F(PathSteps, AreTheEntriesFromTheRootOn) {
  fs::create_directories(root_ / "a/b");
  const std::vector<PathStep> steps = path_steps(root_ / "a/b");
  ASSERT_GT(steps.size(), 2u);
  EXPECT_EQ(steps.front().directory, "/");
  EXPECT_EQ(below(root_ / "a/b"), (Texts{"a", "a/b"}));
  EXPECT_EQ(below(root_ / "./a//b/../b/"), (Texts{"a", "a/b", "a/b"}));
}

TEST_F(PathSteps, GoThroughLinks) {
  fs::create_directories(root_ / "v1/lib");
  fs::create_directory_symlink("v1", root_ / "now");
  fs::create_directory_symlink(root_ / "now/lib", root_ / "absolute");
  EXPECT_EQ(below(root_ / "now/lib/x.so"), (Texts{"now", "v1", "v1/lib", "v1/lib/x.so"}));
  EXPECT_EQ(below(root_ / "absolute/x.so"),
            (Texts{"absolute", ".", "now", "v1", "v1/lib", "v1/lib/x.so"}));
}

TEST_F(PathSteps, AParentIsThatOfWhereALinkLed) {
  fs::create_directories(root_ / "v1/lib");
  fs::create_directories(root_ / "v1/other");
  fs::create_directory_symlink("v1/lib", root_ / "link");
  EXPECT_EQ(below(root_ / "link/../other"), (Texts{"link", "v1", "v1/lib", "v1/other"}));
}

TEST_F(PathSteps, EndWithWhatIsMissing) {
  fs::create_symlink("gone/x", root_ / "link");
  EXPECT_EQ(below(root_ / "link"), (Texts{"link", "gone"}));
  EXPECT_EQ(below(root_ / "none/x"), Texts{"none"});
}

TEST_F(PathSteps, LinksInACircleEnd) {
  fs::create_symlink("b", root_ / "a");
  fs::create_symlink("a", root_ / "b");
  EXPECT_LT(path_steps(root_ / "a").size(), 100u);
}

}  // namespace
}  // namespace composable::host
