// A Watcher reports which plugin files of a host's directories have come, changed or gone, once
// each has been quiet for a while. It does so however a file is written: linked in place, copied,
// renamed, emptied first. Rewriting an identical build is no change; a change behind a link is
// one. It has a thread of its own, which sleeps while nothing happens.
//
// A file that is missing from a directory that exists is removed. A directory that is missing
// removes nothing.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plugin/directory_watch.hpp"
#include "runtime/mutex.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

struct PluginChange {
  enum class Kind { kWritten, kRemoved };

  std::filesystem::path file;  // the directory as it was given, and the name
  Kind kind = Kind::kWritten;
  // kWritten: its identity, see build_identity.hpp; empty when the file cannot be read. It need not
  // be a plugin, nor complete: loading it says what is wrong with it.
  std::string build;
};

class Watcher {
 public:
  struct KnownFile {
    std::filesystem::path file;  // as in PluginChange
    std::string build;           // as it was loaded
  };
  struct Options {
    // [watcher] Called with what changed, each file once; never empty. One call at a time. It may
    // block: events wait meanwhile in the kernel, and when that holds no more of them the
    // directories are read again. It must not end the watcher, nor let an exception out.
    std::function<void(std::vector<PluginChange>)> changed;
    // [watcher] Called when changes in a directory are not noticed, with the reason, once until
    // that changes; and with OK when they are noticed again.
    std::function<void(const absl::Status&)> problem;
    // How long a file must be unchanged before it is read.
    std::chrono::milliseconds quiet_period{50};
    // A file that is still incomplete or being written after this time is reported as it is.
    std::chrono::milliseconds patience{1000};
    // How often it is tried to watch a directory that is missing or cannot be watched.
    std::chrono::milliseconds retry{1000};
    DirectoryWatch::AddWatch add_watch;  // for tests
  };

  // The first report lists every plugin file that is not in `known` or has another build by now,
  // and every known one that is missing.
  static absl::StatusOr<std::unique_ptr<Watcher>> start(
      std::vector<std::filesystem::path> directories, const std::vector<KnownFile>& known,
      Options options);

  // [any] Forgets the build of `file`, because other code has read the file: whatever build it has
  // at the next check is reported.
  void forget(const std::filesystem::path& file);

  // Waits for a call of `changed` that is under way; none begins afterwards. Not on its thread.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Place {  // of a file; ordered by directory, then by name
    std::size_t directory;
    std::string name;
    auto operator<=>(const Place&) const = default;
  };
  struct Pending {
    Time since;
    Time due;
    bool complete;  // else only its removal is reported
  };

  Watcher(DirectoryWatch watch, UniqueFd stop, const std::vector<KnownFile>& known,
          Options options);

  void run();
  void start_over();
  int milliseconds_to_sleep() const;
  void take(const DirectoryWatch::Event& event);
  void expect(Place place, bool complete, Time due);
  absl::Status watch_directory(std::size_t directory);
  absl::Status check_directory(std::size_t directory);
  void watch_missing();
  void read_directory(std::size_t directory, Time due);
  void read_all_directories(Time due);
  void look_at_what_is_due();
  bool look(const Place& place, const Pending& pending, std::vector<PluginChange>& changes);
  bool was_forgotten(const std::filesystem::path& file);
  void found(const Place& place, std::string build, std::vector<PluginChange>& changes);
  void gone(const Place& place, std::vector<PluginChange>& changes);
  void report(std::size_t directory, const absl::Status& status);
  std::filesystem::path path_of(const Place& place) const;

  DirectoryWatch watch_;
  const UniqueFd stop_;  // readable: end
  const Options options_;
  std::map<Place, std::string> known_;  // builds
  Mutex mutex_;
  std::vector<std::filesystem::path> forgotten_ ABSL_GUARDED_BY(mutex_);
  std::map<Place, Pending> pending_;
  std::vector<std::string> problems_;  // by directory: the last report; empty: nothing is wrong
  std::vector<bool> was_away_;         // by directory: gone, or another one, since it was read last
  bool overfull_ = false;  // not all that happened is in pending_: read the directories again
  Time next_try_;
  std::thread thread_;
};

}  // namespace composable::host
