// What the kernel tells about a set of directories that may come and go: inotify on the directories
// themselves and on their parents, turned into what it means for a plugin file. The only file that
// knows inotify. Used by the watcher, on its thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/unique_fd.hpp"

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
  // inotify_add_watch, or what a test puts in its place.
  using AddWatch = std::function<int(int fd, const char* path, std::uint32_t mask)>;

  // Watches nothing yet.
  static absl::StatusOr<DirectoryWatch> open(std::vector<std::filesystem::path> directories,
                                             AddWatch add_watch = {});

  const std::vector<std::filesystem::path>& directories() const { return directories_; }
  int fd() const { return fd_.get(); }  // readable: there are events

  // Watches what is at the directory's path now. True when that is not what was watched before.
  // The error says what to do; NotFound when there is nothing.
  absl::StatusOr<bool> refresh(std::size_t directory);
  bool watching(std::size_t directory) const { return watches_[directory].own >= 0; }
  // It is another name of one that stands before it in the list, which gets the events.
  bool repeats(std::size_t directory) const;

  // Reads what is there without waiting.
  void read(const std::function<void(const Event&)>& take);

 private:
  struct Watch {
    int own = -1;  // watch descriptors
    int parent = -1;
  };

  void translate(int watch, std::uint32_t mask, const std::string& name,
                 const std::function<void(const Event&)>& take);
  std::optional<What> file_event(std::size_t directory, std::uint32_t mask,
                                 const std::string& name) const;
  void forget(int watch);
  bool used(int watch) const;

  std::vector<std::filesystem::path> directories_;
  AddWatch add_watch_;
  UniqueFd fd_;
  std::vector<Watch> watches_;  // by directory
};

}  // namespace composable::host
