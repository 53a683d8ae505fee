#include "plugin/writers.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "plugin/file_snapshot.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

const Identity kHost{1000, {1000, 27}};

struct stat file(mode_t mode, uid_t user, gid_t group) {
  struct stat found {};
  found.st_mode = S_IFREG | mode;
  found.st_uid = user;
  found.st_gid = group;
  return found;
}

std::string refusal(mode_t mode, uid_t user, gid_t group) {
  return message_of(check_writers(file(mode, user, group), kHost));
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
            "a plugin that everybody may write to, mode 0757: anybody could have this host run "
            "their code; chmod o-w it");
  EXPECT_EQ(check_writers(file(0666, 0, 0), kHost).code(), absl::StatusCode::kPermissionDenied);
}

TEST(Writers, MayNotBeAnotherUser) {
  EXPECT_EQ(refusal(0500, 1001, 1000),
            "a plugin of user 1001, who could have this host, user 1000, run their code; look at "
            "it, then chown it to 1000 or to root");
  EXPECT_FALSE(check_writers(file(0755, 1000, 0), {0, {0}}).ok()) << "nor for a host of root's";
}

TEST(Writers, MayNotBeAGroupThatTheHostIsNotIn) {
  EXPECT_EQ(refusal(0775, 1000, 33),
            "a plugin that group 33 may write to, mode 0775, and this host is not in that group: "
            "its members could have the host run their code; chmod g-w it");
}

// The rule is applied to the file that is read, not to a link to it.
TEST(Writers, AreLookedAtBeforeAFileIsRead) {
  const TemporaryDirectory directory;
  const auto open_to_all = directory / "orders.so";
  write_file(open_to_all, "x");
  EXPECT_TRUE(read_settled_file(open_to_all).ok());
  ASSERT_EQ(::chmod(open_to_all.c_str(), 0777), 0);
  std::filesystem::create_symlink(open_to_all, directory / "link.so");
  for (const char* name : {"orders.so", "link.so"}) {
    EXPECT_EQ(message_of(read_settled_file(directory / name).status()),
              "a plugin that everybody may write to, mode 0777: anybody could have this host run "
              "their code; chmod o-w it");
  }
}

TEST(Writers, AreThisProcessAndItsGroups) {
  const Identity here = Identity::of_this_process();
  EXPECT_EQ(here.user, ::geteuid());
  EXPECT_EQ(here.groups.front(), ::getegid());
}

TEST(Writers, OfAForeignFileAreFoundOnDisk) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const TemporaryDirectory directory;
  const auto foreign = directory / "orders.so";
  write_file(foreign, "x");
  ASSERT_EQ(::chown(foreign.c_str(), 12345, 12345), 0);
  EXPECT_EQ(message_of(read_settled_file(foreign).status()).substr(0, 22),
            "a plugin of user 12345");
}

}  // namespace
}  // namespace composable::host
