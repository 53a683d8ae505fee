#include "plugin/watcher.hpp"

#include <gtest/gtest.h>

#include <new>

#include "observe/log_capture.hpp"
#include "watcher_fixture.hpp"

namespace composable::host {
namespace {

// --- what is a change, and what is not ----------------------------------------------------------

TEST_F(WatcherTest, WhatDiffersFromWhatWasLoadedIsToldAtTheStart) {
  fs::copy_file(first_, plugins_ / "same.so");
  fs::copy_file(first_, plugins_ / "changed.so");
  fs::copy_file(second_, plugins_ / "new.so");
  start({plugins_}, {{plugins_ / "same.so", build_of(first_)},
                     {plugins_ / "changed.so", "0123"},
                     {plugins_ / "gone.so", "4567"}});
  EXPECT_EQ(reported(), (Strings{written("changed.so", first_), "removed gone.so",
                                 written("new.so", second_)}));
}

TEST_F(WatcherTest, ABatchNamesFilesInTheDirectoryAsItWasGiven) {
  fs::create_directory(directory_ / "sub");
  const fs::path odd = directory_ / "sub/../plugins/";
  fs::copy_file(first_, file_);
  watched_before_marking_.clear();
  start({odd});
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_)));
  EXPECT_EQ(record_.files(), std::vector<fs::path>{odd / "orders.so"});
}

TEST_F(WatcherTest, TheSameBytesAgainAreNoChange) {
  fs::copy_file(first_, file_);
  start();
  fs::copy_file(first_, file_, fs::copy_options::overwrite_existing);
  EXPECT_EQ(reported(), Strings{});
  ASSERT_TRUE(shell("touch " + file_.string()));
  ASSERT_EQ(::chmod(file_.c_str(), 0600), 0);
  EXPECT_EQ(reported(), Strings{});
}

TEST_F(WatcherTest, OnlyPluginNamesCount) {
  start({plugins_});
  for (const char* name : {".orders.so", "orders.so~", "orders.so.tmp", "orders.txt", "so"}) {
    fs::copy_file(first_, plugins_ / name);
  }
  EXPECT_EQ(reported(), Strings{});
  fs::rename(plugins_ / "orders.so.tmp", file_);
  EXPECT_EQ(reported(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, DeletedAndMovedAwayIsRemoved) {
  fs::copy_file(first_, file_);
  start();
  fs::rename(file_, plugins_ / "sales.so");
  EXPECT_EQ(reported(), (Strings{"removed orders.so", written("sales.so", first_)}));
  record_.clear();
  fs::remove(plugins_ / "sales.so");
  EXPECT_EQ(reported(), Strings{"removed sales.so"});
}

TEST_F(WatcherTest, DeletedAndWrittenAnewIsWritten) {
  fs::copy_file(first_, file_);
  options_.quiet_period = milliseconds(300);
  start();
  fs::remove(file_);
  fs::copy_file(second_, file_);
  EXPECT_EQ(reported(), Strings{written("orders.so", second_)});
}

TEST_F(WatcherTest, OfManyWritesTheLastIsTold) {
  start({plugins_});
  for (int i = 0; i < 25; ++i) {
    fs::copy_file(i % 2 == 0 ? second_ : first_, file_, fs::copy_options::overwrite_existing);
  }
  const Strings lines = reported();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), written("orders.so", second_));
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end()) << "the same twice";
}

TEST_F(WatcherTest, LinksAreComplete) {
  fs::copy_file(first_, directory_ / "elsewhere.so");
  start({plugins_});
  fs::create_symlink(directory_ / "elsewhere.so", plugins_ / "soft.so");
  fs::create_hard_link(directory_ / "elsewhere.so", plugins_ / "hard.so");
  const Strings lines = reported();
  EXPECT_EQ(lines.size(), 2u);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), written("soft.so", first_)), 1);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), written("hard.so", first_)), 1);
}

TEST_F(WatcherTest, AFileBeingWrittenIsNotToldBeforeItIsClosed) {
  start({plugins_});
  const auto bytes = read_file(first_);
  {
    std::ofstream out(file_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), 100).flush();
    EXPECT_EQ(reported(), Strings{});
    out.write(reinterpret_cast<const char*>(bytes.data()) + 100,
              static_cast<std::streamsize>(bytes.size()) - 100);
  }
  EXPECT_EQ(reported(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, AnIncompleteFileIsWaitedForAndThenToldAsItIs) {
  options_.patience = milliseconds(150);
  start({plugins_});
  auto bytes = read_file(first_);
  const auto whole = bytes;
  bytes.resize(bytes.size() / 2);
  write_file(file_, bytes);
  ASSERT_TRUE(record_.wait_for("written orders.so " + build_identity(bytes)));
  write_file(file_, whole);
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_)));
}

TEST_F(WatcherTest, AnIncompleteFileThatIsCompletedInTimeIsToldOnce) {
  options_.patience = std::chrono::hours(1);
  start({plugins_});
  auto bytes = read_file(first_);
  bytes.resize(bytes.size() / 2);
  write_file(file_, bytes);
  EXPECT_EQ(reported(), Strings{});
  fs::copy_file(first_, file_, fs::copy_options::overwrite_existing);
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_)));
  EXPECT_EQ(reported(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, AFileThatCannotBeReadIsToldWithoutABuildAndAgainWhenItCan) {
  start({plugins_});
  fs::copy_file(first_, directory_ / "open.so");
  ASSERT_EQ(::chmod((directory_ / "open.so").c_str(), 0666), 0);
  fs::rename(directory_ / "open.so", file_);
  EXPECT_EQ(reported(), Strings{"written orders.so "});
  record_.clear();
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  EXPECT_EQ(reported(), Strings{written("orders.so", first_)});
}

// --- directories that come and go ---------------------------------------------------------------

TEST_F(WatcherTest, ADirectoryThatGoesTakesNothingWithItAndIsComparedWhenItComesBack) {
  options_.retry = std::chrono::hours(1);  // events must do
  options_.patience = milliseconds(400);
  for (const char* name : {"orders.so", "same.so", "lost.so"}) {
    fs::copy_file(first_, plugins_ / name);
  }
  start({plugins_}, {{file_, build_of(first_)},
                     {plugins_ / "same.so", build_of(first_)},
                     {plugins_ / "lost.so", build_of(first_)}});
  fs::remove_all(plugins_);
  ASSERT_TRUE(record_.wait_for_problem());
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(record_.lines(), Strings{});
  fs::create_directory(plugins_);
  fs::copy_file(first_, plugins_ / "same.so");
  fs::copy_file(second_, file_);
  ASSERT_TRUE(record_.wait_for(written("orders.so", second_)));
  ASSERT_TRUE(record_.wait_for("removed lost.so"));
  EXPECT_EQ(record_.lines(), (Strings{written("orders.so", second_), "removed lost.so"}));
  EXPECT_EQ(record_.problems(),
            (Strings{plugins_.string() + ": the plugin directory is missing; its domains keep "
                                         "serving, and its files are compared when it is back",
                     "none"}));
  fs::remove(file_);
  EXPECT_EQ(reported().back(), "removed orders.so") << "it is watched again";
}

TEST_F(WatcherTest, ADirectoryThatIsMovedAwayAndBackIsNoChange) {
  options_.retry = std::chrono::hours(1);
  fs::copy_file(first_, file_);
  start();
  fs::rename(plugins_, directory_ / "away");
  ASSERT_TRUE(record_.wait_for_problem());
  fs::rename(directory_ / "away", plugins_);
  ASSERT_TRUE(record_.wait_for_problem(2));
  EXPECT_EQ(reported(), Strings{});
}

TEST_F(WatcherTest, ItComesBackWithItsParents) {
  options_.retry = milliseconds(20);
  const fs::path deep = directory_ / "a/b/plugins";
  fs::create_directories(deep);
  watched_before_marking_ = {deep};
  start({deep});
  fs::remove_all(directory_ / "a");
  ASSERT_TRUE(record_.wait_for_problem());
  fs::create_directories(deep);
  fs::copy_file(first_, deep / "orders.so");
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_)));
}

TEST_F(WatcherTest, ALinkToTheDirectoryMayBeSwapped) {
  const fs::path now = directory_ / "now";
  const fs::path other = directory_ / "other";
  fs::copy_file(first_, file_);
  fs::create_directory(other);
  fs::copy_file(second_, other / "sales.so");
  fs::create_directory_symlink(plugins_, now);
  watched_before_marking_ = {now};
  options_.patience = milliseconds(200);
  start({now}, {{now / "orders.so", build_of(first_)}});
  fs::create_directory_symlink(other, directory_ / "next");
  fs::rename(directory_ / "next", now);
  ASSERT_TRUE(record_.wait_for(written("sales.so", second_)));
  ASSERT_TRUE(record_.wait_for("removed orders.so"));
  mark(now);
  EXPECT_EQ(record_.lines(), (Strings{written("sales.so", second_), "removed orders.so"}));
}

TEST_F(WatcherTest, ADirectoryGivenTwiceIsToldOnce) {
  start({plugins_, plugins_ / "."});
  fs::copy_file(first_, file_);
  EXPECT_EQ(reported(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, ADirectoryThatEverybodyMayWriteToIsNotLookedAt) {
  const fs::path other = directory_ / "other";
  fs::create_directory(other);
  start({plugins_, other});
  ASSERT_EQ(::chmod(plugins_.c_str(), 0777), 0);
  ASSERT_TRUE(record_.wait_for_problem());
  fs::copy_file(first_, file_);
  mark(other);
  EXPECT_EQ(record_.lines(), Strings{});
  EXPECT_EQ(
      record_.problems(),
      Strings{plugins_.string() + ": a plugin directory that every user may write to, mode 0777: "
                                  "any user could make this host run their code; chmod o-w it"});
  ASSERT_EQ(::chmod(plugins_.c_str(), 0755), 0);
  EXPECT_EQ(reported(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, TheLimitOfWatchesIsNamedAndLiftedWithoutARestart) {
  std::atomic<bool> none_left{true};
  options_.retry = milliseconds(20);
  options_.add_watch = [&](int fd, const char* path, std::uint32_t mask) {
    if (!none_left) return ::inotify_add_watch(fd, path, mask);
    errno = ENOSPC;
    return -1;
  };
  watched_before_marking_.clear();
  start({plugins_});
  ASSERT_TRUE(record_.wait_for_problem());
  EXPECT_EQ(record_.problems(),
            Strings{plugins_.string() +
                    ": changed plugins there are not noticed: this user has no inotify watches "
                    "left; raise fs.inotify.max_user_watches with sysctl"});
  fs::copy_file(first_, file_);
  none_left = false;
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_)));
  ASSERT_TRUE(record_.wait_for_problem(2));
  EXPECT_EQ(record_.problems().size(), 2u) << "it is said once, however often it is tried";
  EXPECT_EQ(record_.problems().back(), "none");
}

// --- when the kernel holds no more --------------------------------------------------------------

TEST_F(WatcherTest, WhatWasLostIsFoundByReadingTheDirectoryAgain) {
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  long events = 0;
  limit >> events;
  if (events <= 0 || events > 200'000) GTEST_SKIP() << "the queue holds " << events;
  start({plugins_});
  std::promise<void> inside, leave;
  in_the_next_call([&] {
    inside.set_value();
    leave.get_future().wait();
  });
  fs::copy_file(first_, file_);
  inside.get_future().wait();
  for (long i = 0; i <= events; ++i) {  // two names by turns: equal neighbours would be merged
    const fs::path name = plugins_ / (i % 2 == 0 ? "even.tmp" : "odd.tmp");
    ::close(::open(name.c_str(), O_WRONLY | O_CREAT, 0600));
  }
  fs::copy_file(second_, plugins_ / "lost.so");
  fs::copy_file(second_, file_, fs::copy_options::overwrite_existing);
  leave.set_value();
  ASSERT_TRUE(record_.wait_for(written("lost.so", second_)));
  ASSERT_TRUE(record_.wait_for(written("orders.so", second_)));
}

TEST_F(WatcherTest, MoreFilesThanAreKeptInMindAreFoundByReadingTheDirectoryAgain) {
  start({plugins_});
  std::promise<void> inside, leave;
  in_the_next_call([&] {
    inside.set_value();
    leave.get_future().wait();
  });
  fs::copy_file(first_, file_);
  inside.get_future().wait();
  fs::path at = directory_ / "passing.so";
  fs::copy_file(second_, at);
  for (std::size_t i = 0; i <= 4 * kMaxPluginsPerDirectory; ++i) {
    const fs::path next = plugins_ / ("passing-" + std::to_string(i) + ".so");
    fs::rename(at, next);
    at = next;
  }
  leave.set_value();
  ASSERT_TRUE(record_.wait_for(written(at.filename().native(), second_)));
  EXPECT_EQ(reported(),
            (Strings{written("orders.so", first_), written(at.filename().native(), second_)}));
}

// --- what goes wrong in the host
// ------------------------------------------------------------------

TEST_F(WatcherTest, AnExceptionCostsAMomentAndNoChange) {
  LogCapture log;
  options_.retry = milliseconds(20);
  start({plugins_});
  in_the_next_call([] { throw std::bad_alloc(); });
  fs::copy_file(first_, file_);
  ASSERT_TRUE(wait_until([&] { return log.contains("exception thread=watcher"); }));
  fs::copy_file(second_, file_, fs::copy_options::overwrite_existing);
  EXPECT_EQ(reported().back(), written("orders.so", second_));
}

// --- the end ------------------------------------------------------------------------------------

TEST_F(WatcherTest, TheEndWaitsForTheCallUnderWayAndNoneComesAfterIt) {
  start({plugins_});
  std::promise<void> inside;
  std::atomic<bool> left{false};
  in_the_next_call([&] {
    inside.set_value();
    fs::copy_file(second_, plugins_ / "late.so");
    left = true;
  });
  fs::copy_file(first_, file_);
  inside.get_future().wait();
  watcher_.reset();
  EXPECT_TRUE(left);
  EXPECT_EQ(record_.lines(), Strings{written("orders.so", first_)});
}

}  // namespace
}  // namespace composable::host
