#include "events/sqlite/lock_file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace composable::host {
namespace {

namespace fs = std::filesystem;

class LockFileTest : public testing::Test {
 protected:
  LockFileTest() {
    std::string pattern = (fs::temp_directory_path() / "composable-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    path_ = (root_ / "events.db.lock").string();
  }
  ~LockFileTest() override { fs::remove_all(root_); }

  static std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::string refusal() const { return std::string(LockFile::acquire(path_).status().message()); }

  fs::path root_;
  std::string path_;
};

TEST_F(LockFileTest, HasTheHoldersNumberAndIsHeldOnce) {
  const auto lock = LockFile::acquire(path_);
  ASSERT_TRUE(lock.ok()) << lock.status();
  const std::string pid = std::to_string(::getpid());
  EXPECT_EQ(text_of(path_), pid + "\n");
  EXPECT_EQ(refusal(), path_ + ": held by another host, process " + pid +
                           "; stop it, or give this one another data directory");
}

TEST_F(LockFileTest, IsGivenBack) {
  { const auto lock = LockFile::acquire(path_); }
  EXPECT_TRUE(LockFile::acquire(path_).ok());
}

TEST_F(LockFileTest, WritesToNoFileBehindALink) {
  const fs::path precious = root_ / "precious";
  std::ofstream(precious) << "precious";
  fs::create_symlink(precious, path_);
  EXPECT_EQ(refusal(),
            path_ + ": expected a file that the host made, found a symbolic link; remove it");
  fs::remove(path_);
  fs::create_hard_link(precious, path_);
  EXPECT_EQ(refusal(), path_ +
                           ": expected a file that the host made, found a file with another "
                           "name too; remove it");
  EXPECT_EQ(text_of(precious), "precious");
}

TEST_F(LockFileTest, IsAFile) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), path_ + ": expected a file that the host made, found a pipe; remove it");
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(refusal(),
            path_ + ": expected a file that the host made, found a directory; remove it");
}

}  // namespace
}  // namespace composable::host
