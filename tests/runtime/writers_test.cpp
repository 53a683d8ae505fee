#include "runtime/writers.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace composable::host {
namespace {

namespace fs = std::filesystem;

const Identity kHost{1000, {1000, 27}};

struct stat file(mode_t mode, uid_t user, gid_t group) {
  struct stat found {};
  found.st_mode = S_IFREG | mode;
  found.st_uid = user;
  found.st_gid = group;
  return found;
}

std::string refusal(mode_t mode, uid_t user, gid_t group) {
  return std::string(check_writers(file(mode, user, group), "a plugin", kHost).message());
}

TEST(Writers, MayBeTheHostRootAndTheHostsGroups) {
  EXPECT_EQ(refusal(0755, 1000, 1000), "");
  EXPECT_EQ(refusal(0644, 0, 0), "");
  EXPECT_EQ(refusal(0775, 1000, 1000), "");
  EXPECT_EQ(refusal(0775, 0, 27), "");
  EXPECT_EQ(refusal(0775, 0, 0), "");
  EXPECT_EQ(refusal(0755, 0, 33), "") << "a foreign group that may not write";
}

TEST(Writers, MayNotBeEverybody) {
  EXPECT_EQ(refusal(0757, 1000, 1000),
            "a plugin that every user may write to, mode 0757: any user could make this host run "
            "their code; chmod o-w it");
  EXPECT_EQ(check_writers(file(0666, 0, 0), "a plugin", kHost).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(Writers, MayNotBeAnotherUser) {
  EXPECT_EQ(refusal(0500, 1001, 1000),
            "a plugin of user 1001, which could make this host, user 1000, run its code; check it, "
            "then chown it to 1000 or to root");
  EXPECT_FALSE(check_writers(file(0755, 1000, 0), "a plugin", {0, {0}}).ok())
      << "nor for a host of root's";
}

TEST(Writers, MayNotBeAGroupThatTheHostIsNotIn) {
  EXPECT_EQ(refusal(0775, 1000, 33),
            "a plugin that group 33 may write to, mode 0775, and this host is not in that group: "
            "its members could make the host run their code; chmod g-w it");
}

TEST(Writers, AreThisProcessAndItsGroups) {
  const Identity here = Identity::of_this_process();
  EXPECT_EQ(here.user, ::geteuid());
  EXPECT_EQ(here.groups.front(), ::getegid());
}

// Each with the rights that are given, below a directory of this user's.
class DirectoryWriters : public testing::Test {
 protected:
  DirectoryWriters() {
    std::string pattern = (fs::temp_directory_path() / "composable-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data()));
    fs::create_directories(root_ / "a/plugins");
  }
  ~DirectoryWriters() override { fs::remove_all(root_); }

  std::string refusal(const fs::path& directory) const {
    return std::string(
        check_directory_writers(directory, "a plugin directory", Identity::of_this_process())
            .message());
  }
  void chmod(const char* name, mode_t mode) const {
    ASSERT_EQ(::chmod((root_ / name).c_str(), mode), 0);
  }

  fs::path root_;
};

TEST_F(DirectoryWriters, AreThoseOfTheDirectoryAndOfItsParents) {
  const fs::path plugins = root_ / "a/plugins";
  EXPECT_EQ(refusal(plugins), "");
  chmod("a/plugins", 0777);
  EXPECT_EQ(refusal(plugins), plugins.string() +
                                  ": a plugin directory that every user may write to, mode 0777: "
                                  "any user could make this host run their code; chmod o-w it");
  chmod("a/plugins", 0755);
  chmod("a", 0777);
  EXPECT_EQ(refusal(plugins), plugins.string() + ": its path leads through " +
                                  (root_ / "a").string() +
                                  ", a directory that every user may write to, mode 0777: any user "
                                  "could make this host run their code; chmod o-w it");
  chmod("a", 01777);
  EXPECT_EQ(refusal(plugins), "") << "nobody else can move what is in a sticky directory";
  chmod("a/plugins", 01777);
  EXPECT_NE(refusal(plugins), "") << "but anybody can put a plugin into one";
}

TEST_F(DirectoryWriters, AreThoseBehindALinkToo) {
  fs::create_directories(root_ / "b/c");
  fs::create_directory_symlink("../b", root_ / "a/link");
  const fs::path plugins = root_ / "a/link/c";
  EXPECT_EQ(refusal(plugins), "");
  chmod("b", 0777);
  EXPECT_NE(refusal(plugins).find((root_ / "b").string() + ", a directory that every user"),
            std::string::npos)
      << refusal(plugins);
}

TEST_F(DirectoryWriters, AreOtherUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  const fs::path plugins = root_ / "a/plugins";
  ASSERT_EQ(::chown(plugins.c_str(), 12345, 0), 0);
  EXPECT_EQ(refusal(plugins), plugins.string() +
                                  ": a plugin directory of user 12345, which could make this host, "
                                  "user 0, run its code; check it, then chown it to 0 or to "
                                  "root");
  ASSERT_EQ(::chown(plugins.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown((root_ / "a").c_str(), 0, 12345), 0);
  chmod("a", 0775);
  EXPECT_NE(refusal(plugins).find("a directory that group 12345 may write to, mode 0775"),
            std::string::npos)
      << refusal(plugins);
  chmod("a", 0755);
  fs::create_directory_symlink(plugins, root_ / "link");
  ASSERT_EQ(::lchown((root_ / "link").c_str(), 12345, 0), 0);
  EXPECT_NE(refusal(root_ / "link").find("a link of user 12345"), std::string::npos);
}

}  // namespace
}  // namespace composable::host
