#include "plugin/file_snapshot.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

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
    return read_settled_file(file_, change).status();
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "plugin.so";
};

TEST_F(FileSnapshot, AFileAtRestIsReadWhole) {
  const auto bytes = read_settled_file(file_);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(std::string(bytes->begin(), bytes->end()), "first content");
}

TEST_F(FileSnapshot, AnEmptyFileIsReadAsEmpty) {
  write_file(file_, "");
  EXPECT_EQ(read_settled_file(file_)->size(), 0u);
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
  EXPECT_EQ(message_of(read_settled_file(pipe).status()),
            "expected a file, found a pipe; only plugins belong in a plugin directory");
  EXPECT_EQ(message_of(read_settled_file(directory_.path()).status()),
            "expected a file, found a directory; only plugins belong in a plugin directory");
}

TEST_F(FileSnapshot, AMissingFileIsSaidToBeMissing) {
  EXPECT_EQ(message_of(read_settled_file(directory_ / "none.so").status()),
            "it cannot be opened: No such file or directory; check the file and its rights");
}

}  // namespace
}  // namespace composable::host
