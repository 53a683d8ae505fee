// What a path means is watched: links, what they lead to, and every directory on the way.
#include <gtest/gtest.h>

#include "watcher_fixture.hpp"

namespace composable::host {
namespace {

class LinkTest : public WatcherTest {
 protected:
  LinkTest() {
    options_.retry = std::chrono::hours(1);  // events must do
    fs::create_directories(builds_);
    fs::copy_file(first_, built_);
  }
  // Puts a link in the place of `at` in one step.
  void link(const fs::path& to, const fs::path& at) {
    fs::create_symlink(to, directory_ / "link.tmp");
    fs::rename(directory_ / "link.tmp", at);
  }
  void start_with_orders() { start({plugins_}, {{file_, build_of(first_)}}); }
  void expect_second() {
    ASSERT_TRUE(record_.wait_for(written("orders.so", second_)));
    EXPECT_EQ(reported(), Strings{written("orders.so", second_)});
  }

  const fs::path builds_ = directory_ / "builds";
  const fs::path built_ = builds_ / "orders.so";
};

TEST_F(LinkTest, ATargetThatIsWrittenIsAChange) {
  link(built_, file_);
  start_with_orders();
  fs::copy_file(second_, built_, fs::copy_options::overwrite_existing);
  expect_second();
}

TEST_F(LinkTest, ATargetThatIsReplacedIsAChange) {
  link("../builds/orders.so", file_);
  start_with_orders();
  fs::copy_file(second_, builds_ / "new");
  fs::rename(builds_ / "new", built_);
  expect_second();
  fs::copy_file(first_, builds_ / "new");
  fs::rename(builds_ / "new", built_);
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_))) << "and is followed again";
}

TEST_F(LinkTest, ALinkToALinkIsFollowedToItsEnd) {
  fs::create_directory(directory_ / "current");
  link("../builds/orders.so", directory_ / "current/orders.so");
  link(directory_ / "current/orders.so", file_);
  start_with_orders();
  fs::copy_file(second_, directory_ / "other.so");
  link("../other.so", directory_ / "current/orders.so");
  expect_second();
  fs::remove(directory_ / "other.so");
  ASSERT_TRUE(record_.wait_for("removed orders.so")) << "nothing is there any more";
  fs::copy_file(first_, directory_ / "other.so");
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_))) << "the link was there all the time";
}

TEST_F(LinkTest, ADirectoryOnTheWayToTheTargetMayBeExchanged) {
  link(built_, file_);
  start_with_orders();
  fs::create_directory(directory_ / "next");
  fs::copy_file(second_, directory_ / "next/orders.so");
  fs::rename(builds_, directory_ / "before");
  fs::rename(directory_ / "next", builds_);
  expect_second();
}

// A volume of Kubernetes: orders.so → ..data/orders.so, ..data → ..2026_1; ..data is exchanged.
TEST_F(LinkTest, AVolumeOfKubernetesIsTakenUpWhenItsDataIsSwapped) {
  fs::create_directory(plugins_ / "..2026_1");
  fs::copy_file(first_, plugins_ / "..2026_1/orders.so");
  link("..2026_1", plugins_ / "..data");
  link("..data/orders.so", file_);
  start_with_orders();
  fs::create_directory(plugins_ / "..2026_2");
  fs::copy_file(second_, plugins_ / "..2026_2/orders.so");
  link("..2026_2", plugins_ / "..data");
  fs::remove_all(plugins_ / "..2026_1");
  expect_second();
}

TEST_F(LinkTest, AnotherNameOfTheFileMayBeWrittenTo) {
  fs::create_hard_link(built_, file_);
  start_with_orders();
  fs::copy_file(second_, built_, fs::copy_options::overwrite_existing);
  expect_second();
}

TEST_F(LinkTest, TheDirectoryMayBeALinkOverLinks) {
  const fs::path releases = directory_ / "releases";
  for (const char* number : {"1", "2"}) fs::create_directories(releases / number / "plugins");
  fs::copy_file(first_, releases / "1/plugins/orders.so");
  fs::copy_file(second_, releases / "2/plugins/orders.so");
  link("1", releases / "current");
  link(releases / "current/plugins", directory_ / "served");
  const fs::path served = directory_ / "served";
  watched_before_marking_ = {served};
  start({served}, {{served / "orders.so", build_of(first_)}});
  link("2", releases / "current");
  ASSERT_TRUE(record_.wait_for(written("orders.so", second_)));
  fs::copy_file(first_, releases / "2/plugins/sales.so");
  ASSERT_TRUE(record_.wait_for(written("sales.so", first_))) << "the new one is watched";
}

TEST_F(LinkTest, AnAncestorOfTheDirectoryMayBeExchanged) {
  const fs::path deep = directory_ / "a/b/plugins";
  fs::create_directories(deep);
  fs::create_directories(directory_ / "next/b/plugins");
  fs::copy_file(first_, deep / "orders.so");
  fs::copy_file(second_, directory_ / "next/b/plugins/orders.so");
  watched_before_marking_ = {deep};
  start({deep}, {{deep / "orders.so", build_of(first_)}});
  fs::rename(directory_ / "a", directory_ / "before");
  fs::rename(directory_ / "next", directory_ / "a");
  ASSERT_TRUE(record_.wait_for(written("orders.so", second_)));
}

}  // namespace
}  // namespace composable::host
