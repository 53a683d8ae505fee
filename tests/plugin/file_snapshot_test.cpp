#include "plugin/file_snapshot.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin_files.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kChanged =
    "it changed while it was read; write it under a temporary name that is renamed at the end";

class FileSnapshot : public testing::Test {
 protected:
  FileSnapshot() { write_file(file_, "first content"); }

  // What reading comes to when `change` happens in the middle.
  absl::Status read_while(const std::function<void()>& change) {
    return read_stable_file(file_, change).status();
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "plugin.so";
};

TEST_F(FileSnapshot, AFileAtRestIsReadWhole) {
  const auto bytes = read_stable_file(file_);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(std::string(bytes->begin(), bytes->end()), "first content");
}

TEST_F(FileSnapshot, AnEmptyFileIsReadAsEmpty) {
  write_file(file_, "");
  EXPECT_EQ(read_stable_file(file_)->size(), 0u);
}

TEST_F(FileSnapshot, AFileThatGrowsMeanwhileIsRefused) {
  const auto status = read_while([&] { write_file(file_, "first content and more"); });
  EXPECT_EQ(message_of(status), kChanged);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

TEST_F(FileSnapshot, AFileWrittenOverAtTheSameSizeIsRefused) {
  EXPECT_EQ(message_of(read_while([&] {
              write_file(file_, "other content");
              const timespec later[2] = {{1, 0}, {1, 0}};
              ::utimensat(AT_FDCWD, file_.c_str(), later, 0);
            })),
            kChanged);
}

TEST_F(FileSnapshot, AFileReplacedByAnotherIsRefused) {
  EXPECT_EQ(message_of(read_while([&] {
              write_file(directory_ / "new", "first content");
              std::filesystem::rename(directory_ / "new", file_);
            })),
            kChanged);
}

TEST_F(FileSnapshot, AFileThatGoesMeanwhileIsRefused) {
  EXPECT_EQ(message_of(read_while([&] { std::filesystem::remove(file_); })), kChanged);
}

TEST_F(FileSnapshot, WhatIsNotAFileIsRefusedAtOnce) {
  const auto pipe = directory_ / "pipe.so";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(message_of(read_stable_file(pipe).status()),
            "expected a file, found a pipe; only plugins belong in a plugin directory");
  EXPECT_EQ(message_of(read_stable_file(directory_.path()).status()),
            "expected a file, found a directory; only plugins belong in a plugin directory");
}

TEST_F(FileSnapshot, AMissingFileIsSaidToBeMissing) {
  EXPECT_EQ(message_of(read_stable_file(directory_ / "none.so").status()),
            "it cannot be opened: No such file or directory; check the file and its rights");
}

// The rule is applied to the file that is read, not to a link to it.
TEST_F(FileSnapshot, ChecksItsWritersBeforeItIsRead) {
  const auto open_to_all = directory_ / "orders.so";
  write_file(open_to_all, "x");
  EXPECT_TRUE(read_stable_file(open_to_all).ok());
  ASSERT_EQ(::chmod(open_to_all.c_str(), 0777), 0);
  std::filesystem::create_symlink(open_to_all, directory_ / "link.so");
  for (const char* name : {"orders.so", "link.so"}) {
    EXPECT_EQ(message_of(read_stable_file(directory_ / name).status()),
              "a plugin that every user may write to, mode 0777: any user could make this host run "
              "their code; chmod o-w it");
  }
}

TEST_F(FileSnapshot, OfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const auto foreign = directory_ / "orders.so";
  write_file(foreign, "x");
  ASSERT_EQ(::chown(foreign.c_str(), 12345, 12345), 0);
  EXPECT_EQ(message_of(read_stable_file(foreign).status()).substr(0, 22), "a plugin of user 12345");
}

// --- big files
// ------------------------------------------------------------------------------------

// A file of `size` bytes that takes no room, with `begin` at its beginning.
void write_sparse(const std::filesystem::path& path, std::string_view begin, std::size_t size) {
  write_file(path, begin);
  std::filesystem::resize_file(path, size);
}

std::string beginning_of_a_plugin() {
  const auto bytes = read_file(fixture("tiny.so"));
  return {bytes.begin(), bytes.begin() + 64};
}

TEST_F(FileSnapshot, OfNoPluginIsRefusedByItsFirstBytesHoweverBigItIs) {
  write_sparse(file_, "#!/bin/sh", std::size_t{1} << 40);
  EXPECT_EQ(message_of(read_stable_file(file_).status()),
            "not a shared library: it begins with \"#!/b\", an ELF file with \"\\177ELF\"; only "
            "plugins belong in a plugin directory");
}

TEST_F(FileSnapshot, OfMoreThanAPluginMayHaveIsRefusedUnread) {
  write_sparse(file_, beginning_of_a_plugin(), kMaxPluginBytes + 1);
  EXPECT_EQ(message_of(read_stable_file(file_).status()),
            "it has 268435457 bytes, a plugin may have 268435456; strip it");
}

TEST_F(FileSnapshot, ThatMemoryIsTooShortForIsRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer needs its address space";
#endif
  write_sparse(file_, beginning_of_a_plugin(), kMaxPluginBytes);
  const auto child = [this] {
    const rlimit little{kMaxPluginBytes / 2, kMaxPluginBytes / 2};
    ::setrlimit(RLIMIT_AS, &little);
    const absl::Status refused = read_stable_file(file_).status();
    std::fprintf(stderr, "%s", message_of(refused).c_str());
    std::_Exit(absl::IsResourceExhausted(refused) ? 0 : 1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0),
              "it has 268435456 bytes, for which this host has no memory; strip it, or give the "
              "host more");
}

}  // namespace
}  // namespace composable::host
