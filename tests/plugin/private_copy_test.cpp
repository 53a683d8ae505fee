#include "plugin/private_copy.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "observe/log_capture.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

const std::vector<std::uint8_t> kCode = {1, 2, 3, 4};

unsigned mode_of(const fs::path& path) {
  struct stat found {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

std::size_t hosts_in(const fs::path& parent) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(parent)) count += entry.is_directory() ? 1 : 0;
  return count;
}

// Another host with one private copy in `parent`, which lives until it is killed.
class OtherHost {
 public:
  explicit OtherHost(const fs::path& parent) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      auto run = RunDirectory::open(parent);
      const bool written = run.ok() && (*run)->write("orders", "0123456789", kCode).ok();
      const char answer = written ? 'y' : 'n';
      if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char answer = 0;
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~OtherHost() { crash(); }

  void crash() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

class PrivateCopyTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  const fs::path parent_ = directory_ / "data/run";
};

TEST_F(PrivateCopyTest, OnlyThisUserMayEnter) {
  const auto run = RunDirectory::open(parent_);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(mode_of(parent_), 0700u);
  EXPECT_EQ(mode_of((*run)->path()), 0700u);
  EXPECT_TRUE((*run)->path().is_absolute());
}

TEST_F(PrivateCopyTest, ACopyIsNamedAfterDomainGenerationAndBuild) {
  const auto run = RunDirectory::open(parent_);
  const auto copy = (*run)->write("orders", "9f2c41d0aabbccdd", kCode);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->path(), (*run)->path() / "orders.1.9f2c41d0.so");
  EXPECT_EQ(copy->generation(), 1u);
  EXPECT_EQ(read_file(copy->path()), kCode);
}

TEST_F(PrivateCopyTest, ANameIsNeverUsedTwice) {
  const auto run = RunDirectory::open(parent_);
  fs::path first;
  { first = (*run)->write("orders", "9f2c41d0", kCode)->path(); }
  const auto second = (*run)->write("orders", "9f2c41d0", kCode);
  EXPECT_NE(second->path(), first);
  EXPECT_EQ(second->generation(), 2u);
  EXPECT_EQ((*run)->write("billing", "9f2c41d0", kCode)->generation(), 1u);
}

TEST_F(PrivateCopyTest, AFileInTheWayIsNotOverwritten) {
  const auto run = RunDirectory::open(parent_);
  write_file((*run)->path() / "orders.1.9f2c41d0.so", "something else");
  const auto copy = (*run)->write("orders", "9f2c41d0", kCode);
  EXPECT_EQ(
      message_of(copy.status()),
      ((*run)->path() / "orders.1.9f2c41d0.so").string() +
          ": the private copy cannot be made: File exists; check the data directory, its rights "
          "and the room on its disk");
}

TEST_F(PrivateCopyTest, ItGoesAtItsEndUnlessItIsKept) {
  const auto run = RunDirectory::open(parent_);
  fs::path path;
  {
    PrivateCopy copy = *(*run)->write("orders", "9f2c41d0", kCode);
    path = copy.path();
    const PrivateCopy moved = std::move(copy);
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
  {
    PrivateCopy copy = *(*run)->write("orders", "9f2c41d0", kCode);
    path = copy.path();
    copy.keep();
  }
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(PrivateCopyTest, TheDirectoryGoesWithItsHost) {
  fs::path path;
  {
    const auto run = RunDirectory::open(parent_);
    path = (*run)->path();
    (*run)->write("orders", "9f2c41d0", kCode)->keep();
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(PrivateCopyTest, WhatACrashedHostLeftIsRemovedAtTheNextStart) {
  OtherHost other(parent_);
  EXPECT_EQ(hosts_in(parent_), 1u);
  other.crash();
  EXPECT_EQ(hosts_in(parent_), 1u);
  const auto run = RunDirectory::open(parent_);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(hosts_in(parent_), 1u);
  EXPECT_EQ(files_in((*run)->path()), 0u);
}

TEST_F(PrivateCopyTest, WhatALivingHostHasIsLeftAlone) {
  const OtherHost other(parent_);
  const auto run = RunDirectory::open(parent_);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(hosts_in(parent_), 2u);
}

TEST_F(PrivateCopyTest, TwoHostsOfOneProcessHaveTheirOwn) {
  const auto first = RunDirectory::open(parent_);
  const auto second = RunDirectory::open(parent_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE((*first)->path(), (*second)->path());
  EXPECT_EQ(hosts_in(parent_), 2u);
}

TEST_F(PrivateCopyTest, OtherThingsInTheRunDirectoryAreLeftAlone) {
  fs::create_directories(parent_ / "notes");
  fs::permissions(parent_, fs::perms::owner_all);
  fs::create_directory_symlink(directory_.path(), parent_ / "host-1");
  const auto run = RunDirectory::open(parent_);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE(fs::exists(parent_ / "notes"));
  EXPECT_TRUE(fs::exists(directory_.path()));
}

TEST_F(PrivateCopyTest, ARunDirectoryThatOthersMayEnterIsRefused) {
  fs::create_directories(parent_);
  fs::permissions(parent_, fs::perms::owner_all | fs::perms::others_exec);
  const std::string user = std::to_string(::geteuid());
  EXPECT_EQ(message_of(RunDirectory::open(parent_).status()),
            parent_.string() + ": the run directory belongs to user " + user +
                " with mode 0701, it must be of user " + user + " with mode 0700; remove it");
}

TEST_F(PrivateCopyTest, ARunDirectoryThatIsALinkIsRefused) {
  fs::create_directories(directory_ / "elsewhere");
  fs::create_directories(parent_.parent_path());
  fs::create_directory_symlink(directory_ / "elsewhere", parent_);
  EXPECT_EQ(message_of(RunDirectory::open(parent_).status()),
            parent_.string() + ": the run directory is a symbolic link; move it away");
}

TEST(RunDirectoryTest, AHolderOfItsLockIsNamedAndNotWaitedForLong) {
  const TemporaryDirectory directory;
  const fs::path parent = directory / "run";
  { const auto once = RunDirectory::open(parent); }
  const UniqueFd held(::open((parent / ".lock").c_str(), O_RDWR));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  LogCapture log;
  const auto refused = RunDirectory::open(parent, std::chrono::milliseconds(50));
  const std::string file = (parent / ".lock").string();
  const std::string self = "process " + std::to_string(::getpid());
  EXPECT_EQ(
      message_of(refused.status()),
      file + ": held by " + self +
          " for more than 50 ms, while a host may hold it for a moment only; end that process, "
          "or give this host another data directory");
  ASSERT_EQ(log.lines().size(), 1u) << "it is told once";
  EXPECT_TRUE(log.contains("warn plugins waiting_for_lock file=" + file + " held_by=\"" + self +
                           "\" at_most_ms=50"))
      << log.lines()[0];
}

TEST(RunDirectoryTest, ALockThatIsGivenBackInTimeIsTaken) {
  const TemporaryDirectory directory;
  const fs::path parent = directory / "run";
  { const auto once = RunDirectory::open(parent); }
  UniqueFd held(::open((parent / ".lock").c_str(), O_RDWR));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  std::thread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    const UniqueFd closed = std::move(held);
  });
  LogCapture log;
  EXPECT_TRUE(RunDirectory::open(parent).ok());
  holder.join();
}

}  // namespace
}  // namespace composable::host
