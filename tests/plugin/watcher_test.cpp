#include "plugin/watcher.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <utility>

#include "plugin/build_identity.hpp"
#include "plugin/plugin_directory.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;
using std::chrono::milliseconds;

std::string build_of(const fs::path& file) {
  const auto bytes = read_file(file);
  const auto elf = ElfFile::parse(bytes);
  return elf.ok() ? build_identity(*elf, bytes) : content_hash(bytes);
}

// Whether `command` exists and, when it is run by a shell, succeeds.
bool have(const std::string& tool) {
  return std::system(("command -v " + tool + " >/dev/null 2>&1").c_str()) == 0;
}
bool shell(const std::string& command) { return std::system(command.c_str()) == 0; }

// What a watcher told, in order; "written orders.so 9f2c41d0…" or "removed orders.so".
class Record {
 public:
  void add(const std::vector<PluginChange>& changes) {
    std::lock_guard lock(mutex_);
    for (const PluginChange& change : changes) {
      const bool written = change.kind == PluginChange::Kind::kWritten;
      lines_.push_back(written ? "written " + change.file.filename().string() + " " + change.build
                               : "removed " + change.file.filename().string());
      files_.push_back(change.file);
    }
    changed_.notify_all();
  }
  void add_problem(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    problems_.push_back(message_of(status));
    changed_.notify_all();
  }

  bool wait_for(const std::string& line) {
    return wait([&] { return std::count(lines_.begin(), lines_.end(), line) > 0; });
  }
  bool wait_for_problem(std::size_t count = 1) {
    return wait([&] { return problems_.size() >= count; });
  }
  Strings lines() {
    std::lock_guard lock(mutex_);
    Strings out;
    for (const auto& line : lines_) {
      if (line.find(" marker-") == std::string::npos) out.push_back(line);
    }
    return out;
  }
  std::vector<fs::path> files() {
    std::lock_guard lock(mutex_);
    return files_;
  }
  Strings problems() {
    std::lock_guard lock(mutex_);
    return problems_;
  }
  void clear() {
    std::lock_guard lock(mutex_);
    lines_.clear();
    files_.clear();
  }

 private:
  template <typename Ready>
  bool wait(Ready ready) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), ready);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Strings lines_, problems_;
  std::vector<fs::path> files_;
};

class WatcherTest : public testing::Test {
 protected:
  WatcherTest() { fs::create_directory(plugins_); }

  void start(std::vector<fs::path> directories, std::vector<Watcher::KnownFile> known = {}) {
    options_.changed = [this](const auto& changes) {
      if (const auto once = take_callback()) once();
      record_.add(changes);
    };
    options_.problem = [this](const auto& status) { record_.add_problem(status); };
    auto started = Watcher::start(std::move(directories), known, options_);
    ASSERT_TRUE(started.ok()) << started.status();
    watcher_ = *std::move(started);
    for (const fs::path& directory : watched_before_marking_) mark(directory);
  }
  // Runs inside the next call of `changed`.
  void in_the_next_call(std::function<void()> callback) {
    std::lock_guard lock(callback_mutex_);
    in_callback_ = std::move(callback);
  }
  std::function<void()> take_callback() {
    std::lock_guard lock(callback_mutex_);
    return std::exchange(in_callback_, {});
  }
  void start() { start({plugins_}, {{file_, build_of(file_)}}); }

  // Until all that happened in the directory so far has been told: a file renamed into it is told
  // no earlier.
  void mark(const fs::path& directory) {
    const std::string name = "marker-" + std::to_string(++marks_) + ".so";
    write_file(directory / "marker.tmp", name);
    const std::string build = build_of(directory / "marker.tmp");
    fs::rename(directory / "marker.tmp", directory / name);
    ASSERT_TRUE(record_.wait_for("written " + name + " " + build));
    fs::remove(directory / name);
    ASSERT_TRUE(record_.wait_for("removed " + name));
  }
  Strings told() {
    mark(plugins_);
    return record_.lines();
  }

  std::string written(std::string_view name, const fs::path& source) {
    return "written " + std::string(name) + " " + build_of(source);
  }

  TemporaryDirectory directory_;
  const fs::path plugins_ = directory_ / "plugins";
  const fs::path file_ = plugins_ / "orders.so";
  const fs::path first_ = fixture("tiny.so");
  const fs::path second_ = fixture("extra_export.so");
  std::vector<fs::path> watched_before_marking_{plugins_};
  Watcher::Options options_;
  std::mutex callback_mutex_;
  std::function<void()> in_callback_;
  Record record_;
  int marks_ = 0;
  std::unique_ptr<Watcher> watcher_;
};

// --- each kind of writer ------------------------------------------------------------------------

class WriterTest : public WatcherTest {
 protected:
  WriterTest() {
    options_.settle = milliseconds(200);  // several steps of one tool are one change
    fs::copy_file(first_, file_);
  }
  // One change, and it is to what lies there in the end.
  void expect_one_change() { EXPECT_EQ(told(), Strings{written("orders.so", file_)}); }
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

TEST_F(WriterTest, StripOfAFileWithoutBuildIdIsAChange) {
  fs::copy_file(fixture("tiny_without_build_id.so"), file_, fs::copy_options::overwrite_existing);
  start();
  ASSERT_TRUE(shell("strip " + file_.string()));
  expect_one_change();
}

TEST_F(WriterTest, StripOfAFileWithBuildIdLeavesTheSameBuild) {
  start();
  ASSERT_TRUE(shell("strip " + file_.string()));
  EXPECT_EQ(told(), Strings{});
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

// --- what is a change, and what is not ----------------------------------------------------------

TEST_F(WatcherTest, WhatDiffersFromWhatWasLoadedIsToldAtTheStart) {
  fs::copy_file(first_, plugins_ / "same.so");
  fs::copy_file(first_, plugins_ / "changed.so");
  fs::copy_file(second_, plugins_ / "new.so");
  start({plugins_}, {{plugins_ / "same.so", build_of(first_)},
                     {plugins_ / "changed.so", "0123"},
                     {plugins_ / "gone.so", "4567"}});
  EXPECT_EQ(told(), (Strings{written("changed.so", first_), "removed gone.so",
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
  EXPECT_EQ(told(), Strings{});
  ASSERT_TRUE(shell("touch " + file_.string()));
  ASSERT_EQ(::chmod(file_.c_str(), 0600), 0);
  EXPECT_EQ(told(), Strings{});
}

TEST_F(WatcherTest, OnlyPluginNamesCount) {
  start({plugins_});
  for (const char* name : {".orders.so", "orders.so~", "orders.so.tmp", "orders.txt", "so"}) {
    fs::copy_file(first_, plugins_ / name);
  }
  EXPECT_EQ(told(), Strings{});
  fs::rename(plugins_ / "orders.so.tmp", file_);
  EXPECT_EQ(told(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, DeletedAndMovedAwayIsRemoved) {
  fs::copy_file(first_, file_);
  start();
  fs::rename(file_, plugins_ / "sales.so");
  EXPECT_EQ(told(), (Strings{"removed orders.so", written("sales.so", first_)}));
  record_.clear();
  fs::remove(plugins_ / "sales.so");
  EXPECT_EQ(told(), Strings{"removed sales.so"});
}

TEST_F(WatcherTest, DeletedAndWrittenAnewIsWritten) {
  fs::copy_file(first_, file_);
  options_.settle = milliseconds(300);
  start();
  fs::remove(file_);
  fs::copy_file(second_, file_);
  EXPECT_EQ(told(), Strings{written("orders.so", second_)});
}

TEST_F(WatcherTest, OfManyWritesTheLastIsTold) {
  start({plugins_});
  for (int i = 0; i < 25; ++i) {
    fs::copy_file(i % 2 == 0 ? second_ : first_, file_, fs::copy_options::overwrite_existing);
  }
  const Strings lines = told();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), written("orders.so", second_));
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end()) << "the same twice";
}

TEST_F(WatcherTest, LinksAreComplete) {
  fs::copy_file(first_, directory_ / "elsewhere.so");
  start({plugins_});
  fs::create_symlink(directory_ / "elsewhere.so", plugins_ / "soft.so");
  fs::create_hard_link(directory_ / "elsewhere.so", plugins_ / "hard.so");
  const Strings lines = told();
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
    EXPECT_EQ(told(), Strings{});
    out.write(reinterpret_cast<const char*>(bytes.data()) + 100,
              static_cast<std::streamsize>(bytes.size()) - 100);
  }
  EXPECT_EQ(told(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, AnIncompleteFileIsWaitedForAndThenToldAsItIs) {
  options_.patience = milliseconds(150);
  start({plugins_});
  auto bytes = read_file(first_);
  const auto whole = bytes;
  bytes.resize(bytes.size() / 2);
  write_file(file_, bytes);
  ASSERT_TRUE(record_.wait_for("written orders.so " + content_hash(bytes)));
  write_file(file_, whole);
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_)));
}

TEST_F(WatcherTest, AnIncompleteFileThatIsCompletedInTimeIsToldOnce) {
  options_.patience = std::chrono::hours(1);
  start({plugins_});
  auto bytes = read_file(first_);
  bytes.resize(bytes.size() / 2);
  write_file(file_, bytes);
  EXPECT_EQ(told(), Strings{});
  fs::copy_file(first_, file_, fs::copy_options::overwrite_existing);
  ASSERT_TRUE(record_.wait_for(written("orders.so", first_)));
  EXPECT_EQ(told(), Strings{written("orders.so", first_)});
}

TEST_F(WatcherTest, AFileThatCannotBeReadIsToldWithoutABuildAndAgainWhenItCan) {
  start({plugins_});
  fs::copy_file(first_, directory_ / "open.so");
  ASSERT_EQ(::chmod((directory_ / "open.so").c_str(), 0666), 0);
  fs::rename(directory_ / "open.so", file_);
  EXPECT_EQ(told(), Strings{"written orders.so "});
  record_.clear();
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  EXPECT_EQ(told(), Strings{written("orders.so", first_)});
}

// --- directories that come and go ---------------------------------------------------------------

TEST_F(WatcherTest, ADirectoryThatGoesTakesItsFilesAndIsWatchedWhenItComesBack) {
  options_.retry = std::chrono::hours(1);  // its parent's watch must do
  fs::copy_file(first_, file_);
  start();
  fs::remove_all(plugins_);
  ASSERT_TRUE(record_.wait_for("removed orders.so"));
  ASSERT_TRUE(record_.wait_for_problem());
  EXPECT_EQ(record_.problems(),
            Strings{plugins_.string() +
                    ": no such plugin directory; make it, or name another with --plugins"});
  fs::create_directory(plugins_);
  fs::copy_file(second_, file_);
  ASSERT_TRUE(record_.wait_for(written("orders.so", second_)));
  fs::remove(file_);
  EXPECT_EQ(told().back(), "removed orders.so") << "it is watched again";
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
  start({now}, {{now / "orders.so", build_of(first_)}});
  fs::create_directory_symlink(other, directory_ / "next");
  fs::rename(directory_ / "next", now);
  ASSERT_TRUE(record_.wait_for(written("sales.so", second_)));
  mark(now);
  EXPECT_EQ(record_.lines(), (Strings{"removed orders.so", written("sales.so", second_)}));
}

TEST_F(WatcherTest, ADirectoryGivenTwiceIsToldOnce) {
  start({plugins_, plugins_ / "."});
  fs::copy_file(first_, file_);
  EXPECT_EQ(told(), Strings{written("orders.so", first_)});
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
  EXPECT_EQ(record_.problems(),
            Strings{plugins_.string() +
                    ": a plugin directory that everybody may write to, mode 0777: anybody could "
                    "have this host run their code; chmod o-w it"});
  ASSERT_EQ(::chmod(plugins_.c_str(), 0755), 0);
  EXPECT_EQ(told(), Strings{written("orders.so", first_)});
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
  EXPECT_EQ(record_.problems().size(), 1u) << "it is said once, however often it is tried";
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
  EXPECT_EQ(told(),
            (Strings{written("orders.so", first_), written(at.filename().native(), second_)}));
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
