// Each kind of tool that writes a plugin file: one change, whatever the tool does on its way.
#include <gtest/gtest.h>

#include "watcher_fixture.hpp"

namespace composable::host {
namespace {

class WriterTest : public WatcherTest {
 protected:
  WriterTest() {
    options_.quiet_period = milliseconds(200);  // several steps of one tool are one change
    fs::copy_file(first_, file_);
  }
  // One change, and it is to what lies there in the end.
  void expect_one_change() { EXPECT_EQ(reported(), Strings{written("orders.so", file_)}); }
};

TEST_F(WriterTest, CpWritesInPlace) {
  start();
  ASSERT_TRUE(shell("cp " + second_.string() + " " + file_.string()));
  expect_one_change();
}

TEST_F(WriterTest, MvReplaces) {
  start();
  fs::copy_file(second_, directory_ / "new.so");
  ASSERT_TRUE(shell("mv " + (directory_ / "new.so").string() + " " + file_.string()));
  expect_one_change();
}

TEST_F(WriterTest, InstallDeletesFirst) {
  start();
  ASSERT_TRUE(shell("install -m 644 " + second_.string() + " " + file_.string()));
  expect_one_change();
}

TEST_F(WriterTest, CmakeInstallClosesAnEmptyFileFirst) {
  start();
  fs::copy_file(second_, directory_ / "orders.so");
  write_file(directory_ / "cmake_install.cmake",
             "file(RPATH_CHECK FILE \"" + file_.string() + "\" RPATH \"/other\")\n" +
                 "file(INSTALL DESTINATION \"" + plugins_.string() + "\" TYPE MODULE FILES \"" +
                 (directory_ / "orders.so").string() + "\")\n");
  ASSERT_TRUE(shell("cmake --install " + directory_.path().string() + " >/dev/null"));
  expect_one_change();
}

// Whatever its build id says.
TEST_F(WriterTest, StripIsAChange) {
  start();
  ASSERT_TRUE(shell("strip " + file_.string()));
  expect_one_change();
}

TEST_F(WriterTest, ObjcopyWritesInPlace) {
  fs::copy_file(fixture("tiny_without_build_id.so"), file_, fs::copy_options::overwrite_existing);
  start();
  ASSERT_TRUE(shell("objcopy --add-section .more=/proc/self/comm " + file_.string()));
  expect_one_change();
}

TEST_F(WriterTest, LinkersInPlace) {
  write_file(directory_ / "made.c", "int made(void); int made(void) { return MADE; }");
  start();
  int number = 0;
  for (const std::string linker : {"bfd", "gold", "lld"}) {
    if (!have("gcc") || !have("ld." + linker)) continue;
    record_.clear();
    ASSERT_TRUE(shell("gcc -shared -fPIC -Wl,--build-id -fuse-ld=" + linker +
                      " -DMADE=" + std::to_string(++number) + " -o " + file_.string() + " " +
                      (directory_ / "made.c").string()));
    expect_one_change();
  }
}

}  // namespace
}  // namespace composable::host
