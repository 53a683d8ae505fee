// A DirectoryWatch turns the kernel's events about plugin directories into events about plugin
// files. It watches what a path means: every directory and link on the way to a directory, and on
// the way to a file that is a link. The watcher uses it, on its thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/inotify.hpp"

namespace composable::host {

class DirectoryWatch {
 public:
  enum class What {
    kComplete,   // a file was closed by a writer, moved here, or linked here: it can be read
    kRights,     // a file's rights or times
    kGone,       // a file was deleted or moved away
    kDirectory,  // the directory itself: gone, come, replaced, or of other rights
    kLost,       // the kernel's queue was full: anything may have happened anywhere
  };
  struct Event {
    What what;
    std::size_t directory;  // its index; of no meaning for kLost
    std::string name;       // of the file, when it is about one
  };
  using AddWatch = Inotify::AddWatch;

  // Watches nothing yet.
  static absl::StatusOr<DirectoryWatch> open(std::vector<std::filesystem::path> directories,
                                             AddWatch add_watch = {});

  const std::vector<std::filesystem::path>& directories() const { return directories_; }
  int fd() const { return inotify_.fd(); }  // readable: there are events

  // Watches what is at the directory's path now, and the path to it. True when that is not what was
  // watched before. The error says what to do; NotFound when there is nothing.
  absl::StatusOr<bool> refresh(std::size_t directory);
  bool watching(std::size_t directory) const { return places_[directory].own >= 0; }
  // Not every directory of the path could be watched: the path may change its meaning without an
  // event.
  bool needs_looks(std::size_t directory) const { return places_[directory].way_is_partial; }
  // It is another name of an earlier directory in the list, which gets the events.
  bool repeats(std::size_t directory) const;

  // Watches what a file's name in the directory means now: the path from link to link, and the file
  // under its other names. Called before each read of the file. Best effort.
  void follow(std::size_t directory, const std::string& name);

  // Reads what is there without waiting.
  void read(const std::function<void(const Event&)>& take);

 private:
  struct Place {
    int own = -1;  // watch
    bool way_is_partial = false;
  };
  // Why something is watched. One watch may have several reasons.
  struct Reason {
    enum class Kind { kFiles, kWay, kLink };

    Kind kind;
    std::size_t directory;     // that it is for
    std::string file;          // kLink: of the link, in that directory
    std::filesystem::path at;  // kWay, kLink: the directory entry, or the file itself

    bool operator==(const Reason&) const = default;
  };
  using Watched = std::vector<std::pair<int, Reason>>;

  explicit DirectoryWatch(Inotify inotify) : inotify_(std::move(inotify)) {}

  // `now` takes the place of what was watched for `file` of the directory, or for the directory.
  void exchange(std::size_t directory, const std::string& file, Watched now);
  void translate(const Inotify::Event& event, std::vector<Event>& out);
  void forget(int watch);

  std::vector<std::filesystem::path> directories_;
  Inotify inotify_;
  std::vector<Place> places_;  // by directory
  std::multimap<int, Reason> reasons_;
};

}  // namespace composable::host
