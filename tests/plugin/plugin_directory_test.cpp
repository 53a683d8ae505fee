#include "plugin/plugin_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "plugin_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

TEST(PluginName, UnfinishedAndHiddenFilesAreIgnored) {
  EXPECT_TRUE(is_plugin_name("orders.so"));
  EXPECT_TRUE(is_plugin_name("liborders-2.so"));
  for (const char* ignored : {".orders.so", ".so", "orders.so~", "orders.so.tmp", "orders.so.1",
                              "orders.SO", "orders", "orders.so.swp", "readme.md"}) {
    EXPECT_FALSE(is_plugin_name(ignored)) << ignored;
  }
}

TEST(PluginDirectory, PluginsComeInTheOrderOfTheirNames) {
  const TemporaryDirectory directory;
  for (const char* name : {"b.so", "a.so", "c.so~", ".d.so", "e.so.tmp", "B.so", "notes.txt"}) {
    write_file(directory / name, "x");
  }
  const auto files = scan_plugin_directory(directory.path());
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(*files,
            (std::vector<fs::path>{directory / "B.so", directory / "a.so", directory / "b.so"}));
}

TEST(PluginDirectory, AnEmptyOneHasNoPlugins) {
  const TemporaryDirectory directory;
  EXPECT_EQ(scan_plugin_directory(directory.path())->size(), 0u);
}

TEST(PluginDirectory, AMissingOneIsAnError) {
  const TemporaryDirectory directory;
  const auto missing = directory / "plugins";
  EXPECT_EQ(
      message_of(scan_plugin_directory(missing).status()),
      missing.string() + ": no such plugin directory; make it, or name another with --plugins");
}

TEST(PluginDirectory, AFileIsNotADirectory) {
  const TemporaryDirectory directory;
  const auto file = directory / "orders.so";
  write_file(file, "x");
  EXPECT_EQ(message_of(scan_plugin_directory(file).status()),
            file.string() +
                ": expected a directory, found a file; name the directory that the plugins are in");
}

TEST(PluginDirectory, OneThatCannotBeReadIsAnError) {
  const TemporaryDirectory directory;
  write_file(directory / "file", "x");
  const auto below = directory / "file/plugins";
  EXPECT_EQ(message_of(scan_plugin_directory(below).status()),
            below.string() +
                ": the plugin directory cannot be read: Not a directory; check it and its rights, "
                "or name another with --plugins");
}

TEST(PluginDirectory, OneThatEverybodyMayWriteToIsRefused) {
  const TemporaryDirectory directory;
  write_file(directory / "orders.so", "x");
  ASSERT_EQ(::chmod(directory.path().c_str(), 01777), 0);
  const auto files = scan_plugin_directory(directory.path());
  EXPECT_EQ(message_of(files.status()),
            directory.path().string() +
                ": a plugin directory that every user may write to, mode 1777: any user could make "
                "this host run their code; chmod o-w it");
  ASSERT_EQ(::chmod(directory.path().c_str(), 0775), 0);
  EXPECT_TRUE(scan_plugin_directory(directory.path()).ok());
}

}  // namespace
}  // namespace composable::host
