// What is kept of builds that served, how much of it, and what is made of it at the next start.
#include "reload/kept_builds.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

namespace composable::host {
namespace {

namespace fs = std::filesystem;

class KeptBuildsTest : public testing::Test {
 protected:
  KeptBuildsTest() {
    std::string pattern = (fs::temp_directory_path() / "composable-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~KeptBuildsTest() override { fs::remove_all(directory_); }

  fs::path kept() const { return directory_ / "kept"; }
  void write(const fs::path& file, std::string_view text) const { std::ofstream(file) << text; }
  // A build of `domain` whose file holds `text`.
  absl::Status keep(KeptBuilds& builds, std::string domain, std::string text,
                    std::uint64_t generation = 1) {
    write(directory_ / "copy.so", text);
    KeptBuild build;
    build.domain = std::move(domain);
    build.build = "b" + text.substr(0, 8);
    build.version = "1.0 beta";
    build.generation = generation;
    build.events = {"Placed", "Moved"};
    return builds.keep(std::move(build), directory_ / "copy.so", ++now_);
  }
  static std::vector<std::string> names(const KeptBuilds& builds, std::string_view domain) {
    std::vector<std::string> found;
    for (const KeptBuild& build : builds.of(domain)) found.push_back(build.build);
    return found;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(kept()), fs::directory_iterator()));
  }
  using Names = std::vector<std::string>;

  fs::path directory_;
  std::int64_t now_ = 1000;
};

TEST_F(KeptBuildsTest, AreReadAtTheNextStart) {
  KeptBuilds builds(kept());
  ASSERT_TRUE(builds.open().ok());
  ASSERT_TRUE(keep(builds, "orders", "one").ok());
  ASSERT_TRUE(keep(builds, "orders", "two").ok());
  ASSERT_TRUE(keep(builds, "mail", "three").ok());
  KeptBuilds next(kept());
  ASSERT_TRUE(next.open().ok());
  EXPECT_EQ(names(next, "orders"), (Names{"btwo", "bone"}));
  const KeptBuild one = next.of("orders")[1];
  EXPECT_EQ(one.version, "1.0 beta");
  EXPECT_EQ(one.events, (Names{"Placed", "Moved"}));
  EXPECT_EQ(one.generation, 0u);
  EXPECT_EQ(name_of(one), "build bone");
  EXPECT_EQ(name_of(builds.of("orders")[1]), "generation 1");
  EXPECT_TRUE(next.check(one).ok());
}

TEST_F(KeptBuildsTest, ArePrivate) {
  KeptBuilds builds(kept());
  ASSERT_TRUE(builds.open().ok());
  ASSERT_TRUE(keep(builds, "orders", "one").ok());
  struct stat found {};
  ASSERT_EQ(::stat(kept().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0700u);
  for (const fs::directory_entry& entry : fs::directory_iterator(kept())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600u) << entry.path();
  }
}

TEST_F(KeptBuildsTest, ADirectoryOfOthersIsNotUsed) {
  fs::create_directory(kept());
  fs::permissions(kept(), fs::perms::owner_all | fs::perms::group_read);
  KeptBuilds builds(kept());
  const absl::Status opened = builds.open();
  EXPECT_NE(opened.message().find("builds are kept in a directory of user "), std::string::npos);
  EXPECT_EQ(keep(builds, "orders", "one"), opened);
}

TEST_F(KeptBuildsTest, TheSameBuildIsKeptOnceAndIsTheNewest) {
  KeptBuilds builds(kept());
  ASSERT_TRUE(builds.open().ok());
  for (const char* text : {"one", "two", "one"}) ASSERT_TRUE(keep(builds, "orders", text).ok());
  EXPECT_EQ(names(builds, "orders"), (Names{"bone", "btwo"}));
  EXPECT_EQ(files(), 4u);
}

TEST_F(KeptBuildsTest, OfADomainSixAreKept) {
  KeptBuilds builds(kept());
  ASSERT_TRUE(builds.open().ok());
  ASSERT_TRUE(keep(builds, "mail", "other").ok());
  for (int n = 0; n < 9; ++n) {
    ASSERT_TRUE(keep(builds, "orders", "n" + std::to_string(n)).ok());
  }
  EXPECT_EQ(names(builds, "orders"), (Names{"bn8", "bn7", "bn6", "bn5", "bn4", "bn3"}));
  EXPECT_EQ(names(builds, "mail"), Names{"bother"});
  EXPECT_EQ(files(), 2 * (KeptBuilds::kMaxPerDomain + 1));
}

TEST_F(KeptBuildsTest, WhatIsCutDamagedOrForeignIsLeftOutAndRemoved) {
  KeptBuilds builds(kept());
  ASSERT_TRUE(builds.open().ok());
  for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(keep(builds, "orders", text).ok());
  const auto of = builds.of("orders");
  fs::resize_file(of[0].file, 1);                                       // the file is cut
  fs::resize_file(fs::path(of[1].file).replace_extension(".txt"), 40);  // what it is, is cut
  write(kept() / "orders.new", "unfinished");
  write(kept() / "foreign.so", "who knows");
  KeptBuilds next(kept());
  ASSERT_TRUE(next.open().ok());
  EXPECT_EQ(names(next, "orders"), Names{"bone"});
  EXPECT_EQ(files(), 2u);
}

TEST_F(KeptBuildsTest, AFileThatIsNotWhatWasKeptIsForgotten) {
  KeptBuilds builds(kept());
  ASSERT_TRUE(builds.open().ok());
  ASSERT_TRUE(keep(builds, "orders", "one").ok());
  const KeptBuild build = builds.of("orders").front();
  write(build.file, "two");
  const absl::Status checked = builds.check(build);
  EXPECT_EQ(checked.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(builds.of("orders").empty());
  EXPECT_EQ(files(), 0u);
}

TEST_F(KeptBuildsTest, ALinkInPlaceOfAFileIsNotFollowed) {
  KeptBuilds builds(kept());
  ASSERT_TRUE(builds.open().ok());
  write(directory_ / "victim", "precious");
  fs::create_symlink(directory_ / "victim", kept() / "orders.new");
  ASSERT_TRUE(keep(builds, "orders", "one").ok());
  EXPECT_EQ(fs::file_size(directory_ / "victim"), 8u);
}

}  // namespace
}  // namespace composable::host
