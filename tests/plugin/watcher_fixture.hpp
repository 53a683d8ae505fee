// A watcher on one directory, and what it reported: the record has every change in order, and a
// marker file says when all of them have been reported.
#pragma once
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
#include "plugin/watcher.hpp"
#include "plugin_files.hpp"

namespace composable::host {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;
using std::chrono::milliseconds;

inline std::string build_of(const fs::path& file) { return build_identity(read_file(file)); }

// Whether `command` exists and, when it is run by a shell, succeeds.
inline bool have(const std::string& tool) {
  return std::system(("command -v " + tool + " >/dev/null 2>&1").c_str()) == 0;
}
inline bool shell(const std::string& command) { return std::system(command.c_str()) == 0; }

// What a watcher reported, in order; "written orders.so 9f2c41d0…" or "removed orders.so".
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
    problems_.push_back(status.ok() ? "none" : message_of(status));
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

template <typename Ready>
bool wait_until(Ready ready) {
  for (int n = 0; n < 3000 && !ready(); ++n) std::this_thread::sleep_for(milliseconds(10));
  return ready();
}

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

  // Until all that happened in the directory so far has been reported: a file renamed into it is
  // reported no earlier.
  void mark(const fs::path& directory) {
    const std::string name = "marker-" + std::to_string(++marks_) + ".so";
    write_file(directory / "marker.tmp", name);
    const std::string build = build_of(directory / "marker.tmp");
    fs::rename(directory / "marker.tmp", directory / name);
    ASSERT_TRUE(record_.wait_for("written " + name + " " + build));
    fs::remove(directory / name);
    ASSERT_TRUE(record_.wait_for("removed " + name));
  }
  Strings reported() {
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

}  // namespace composable::host
