#include "plugin/registry.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "plugin_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() {
    fs::create_directory(first_);
    fs::create_directory(second_);
  }

  static void put(std::string_view name, const fs::path& as) { fs::copy_file(fixture(name), as); }

  std::vector<std::string> reasons() const {
    std::vector<std::string> out;
    for (const RefusedPlugin& refused : registry_.refused()) out.push_back(refused.reason);
    return out;
  }

  std::vector<std::string> loaded() {
    std::vector<std::string> out;
    for (const LoadedPlugin& plugin : registry_.plugins()) out.push_back(plugin.name());
    return out;
  }

  TemporaryDirectory directory_;
  const fs::path first_ = directory_ / "first";
  const fs::path second_ = directory_ / "second";
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Loader loader_{*run_, {}};
  Registry registry_{loader_};
};

using Strings = std::vector<std::string>;

TEST_F(RegistryTest, DirectoriesComeInTheOrderGivenAndPluginsByName) {
  put("tiny.so", second_ / "a.so");
  put("nameless_note.so", first_ / "z.so");
  put("extra_export.so", first_ / "m.so");
  ASSERT_TRUE(registry_.load({first_, second_}).ok());
  EXPECT_EQ(loaded(), (Strings{"extra_export", "named-by-table", "tiny"}));
  EXPECT_TRUE(registry_.refused().empty());
}

TEST_F(RegistryTest, ABadPluginDoesNotKeepTheOthersOut) {
  put("tiny.so", first_ / "tiny.so");
  write_file(first_ / "aaa.so", "not a plugin");
  fs::create_directory(first_ / "zzz.so");
  ASSERT_TRUE(registry_.load({first_}).ok());
  EXPECT_EQ(loaded(), Strings{"tiny"});
  EXPECT_EQ(
      reasons(),
      (Strings{
          (first_ / "aaa.so").string() +
              ": not a shared library: it begins with \"not \", an ELF file with "
              "\"\\177ELF\"; only plugins belong in a plugin directory",
          (first_ / "zzz.so").string() +
              ": expected a file, found a directory; only plugins belong in a plugin directory"}));
  EXPECT_EQ(registry_.refused()[0].file, (first_ / "aaa.so").string());
}

TEST_F(RegistryTest, OfTwoPluginsForOneDomainTheFirstServesAndBothAreNamed) {
  put("tiny.so", first_ / "counter.so");
  put("tiny_stripped.so", first_ / "billing2.so");
  ASSERT_TRUE(registry_.load({first_}).ok());
  EXPECT_EQ(loaded(), Strings{"tiny"});
  EXPECT_EQ(registry_.find("tiny")->file(), first_ / "billing2.so");
  EXPECT_EQ(reasons(), Strings{(first_ / "counter.so").string() +
                               ": the domain \"tiny\" is already served by billing2.so; remove one "
                               "of them"});
}

TEST_F(RegistryTest, InAnotherDirectoryTheOtherIsNamedInFull) {
  put("tiny.so", first_ / "tiny.so");
  put("tiny.so", second_ / "tiny.so");
  ASSERT_TRUE(registry_.load({first_, second_}).ok());
  EXPECT_EQ(reasons(),
            Strings{(second_ / "tiny.so").string() + ": the domain \"tiny\" is already served by " +
                    (first_ / "tiny.so").string() + "; remove one of them"});
}

TEST_F(RegistryTest, ADirectoryGivenTwiceIsReadOnce) {
  put("tiny.so", first_ / "tiny.so");
  ASSERT_TRUE(registry_.load({first_, first_ / "."}).ok());
  EXPECT_EQ(loaded(), Strings{"tiny"});
  EXPECT_TRUE(registry_.refused().empty());
}

TEST_F(RegistryTest, AnUnsafeDirectoryLoadsNothingAtAll) {
  put("tiny.so", first_ / "tiny.so");
  ASSERT_EQ(::chmod(second_.c_str(), 0777), 0);
  EXPECT_EQ(registry_.load({first_, second_}).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(loaded().empty());
}

TEST_F(RegistryTest, APluginCanBeRefusedLater) {
  put("tiny.so", first_ / "tiny.so");
  put("extra_export.so", first_ / "zzz.so");
  ASSERT_TRUE(registry_.load({first_}).ok());
  const fs::path copy = registry_.find("tiny")->copy();
  registry_.refuse("tiny", "POST /x is already served by zzz.so; change one of them");
  EXPECT_EQ(loaded(), Strings{"extra_export"});
  EXPECT_EQ(reasons(), Strings{(first_ / "tiny.so").string() +
                               ": POST /x is already served by zzz.so; change one of them"});
  EXPECT_EQ(mappings_with(copy.string()), 0u);
  EXPECT_EQ(registry_.find("tiny"), nullptr);
}

}  // namespace
}  // namespace composable::host
