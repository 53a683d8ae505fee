#include "crash/crash_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash/crash_history.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

class CrashFileTest : public testing::Test {
 protected:
  std::string content() const {
    const auto bytes = read_file(file_);
    return {bytes.begin(), bytes.end()};
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = crash_file(directory_.path());
};

TEST_F(CrashFileTest, NoneIsEmpty) {
  const auto text = read_crash_file(file_);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "");
}

TEST_F(CrashFileTest, IsMadeForItsOwnerAloneAndTakesOneMoreLine) {
  const auto fd = begin_crash_file(file_, "");
  ASSERT_TRUE(fd.ok()) << fd.status();
  ASSERT_EQ(::write(fd->get(), "one\n", 4), 4);
  EXPECT_EQ(content(), "one\n");
  EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms(0600));
}

TEST_F(CrashFileTest, HoldsWhatItIsToldAndThenOneMoreLine) {
  write_file(file_, "old\nkept\n");
  const auto fd = begin_crash_file(file_, "kept\n");
  ASSERT_TRUE(fd.ok()) << fd.status();
  ASSERT_EQ(::write(fd->get(), "new\n", 4), 4);
  EXPECT_EQ(content(), "kept\nnew\n");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "crashes.tmp"));
}

TEST_F(CrashFileTest, OfALongOneTheEndIsReadFromALineOn) {
  write_file(file_, std::string(CrashHistory::kMaxBytes, 'x') + "\nlast\n");
  EXPECT_EQ(*read_crash_file(file_), "last\n");
}

TEST_F(CrashFileTest, WhatIsNoFileIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  const std::string text = file_.string() + ": expected a file, found a pipe; remove it";
  EXPECT_EQ(message_of(read_crash_file(file_).status()), text);
  EXPECT_EQ(message_of(begin_crash_file(file_, "").status()), text);
}

TEST_F(CrashFileTest, ALinkIsNotFollowed) {
  write_file(directory_ / "elsewhere", "mine\n");
  std::filesystem::create_symlink(directory_ / "elsewhere", file_);
  EXPECT_FALSE(begin_crash_file(file_, "").ok());
  const auto kept = read_file(directory_ / "elsewhere");
  EXPECT_EQ(std::string(kept.begin(), kept.end()), "mine\n");
}

}  // namespace
}  // namespace composable::host
