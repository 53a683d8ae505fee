// A SourceWatch reports which sources below a project's directory have changed: an editor saved
// them, a checkout replaced them, a generator wrote them, or they came as a link, a hard link or
// with a directory. Used by `composable dev`; it has a thread of its own.
//
// Hidden directories and excluded ones are not watched, nor are files whose name is hidden or ends
// in `~`. A link to a directory is reported when it comes and goes; changes behind it are not.
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

#include "absl/status/statusor.h"
#include "runtime/inotify.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

class SourceWatch {
 public:
  // More directories than this are not watched.
  static constexpr std::size_t kMaxDirectories = 4096;

  struct Options {
    std::vector<std::filesystem::path> leave_out;  // directories
    // [watcher] Called once, before anything else; may be empty. It may block, as `changed` may.
    std::function<void()> begun;
    // [watcher] The names of the sources, relative to the project; never empty. It may block: what
    // changes meanwhile is reported afterwards.
    std::function<void(std::vector<std::string>)> changed;
    // How long a source must be unchanged before it is reported.
    std::chrono::milliseconds quiet_period{30};
  };

  static absl::StatusOr<std::unique_ptr<SourceWatch>> start(const std::filesystem::path& project,
                                                            Options options);
  // Waits for a call that is under way; none begins afterwards.
  ~SourceWatch();
  SourceWatch(const SourceWatch&) = delete;
  SourceWatch& operator=(const SourceWatch&) = delete;

 private:
  SourceWatch(std::filesystem::path project, Inotify inotify, UniqueFd stop, Options options);

  using Names = std::vector<std::string>;

  void run();
  // Adds the sources that are there to `found`, unless that is null.
  absl::Status watch_below(const std::filesystem::path& directory, Names* found);
  void forget_below(const std::filesystem::path& directory);
  bool is_left_out(const std::filesystem::path& directory) const;
  void add_name(const std::filesystem::path& path, Names& changed) const;
  void file_changed(const std::filesystem::path& path, Names& changed) const;
  void directory_changed(const std::filesystem::path& path, std::uint32_t mask, Names& changed);
  void read_events(Names& changed);

  const std::filesystem::path project_;
  Inotify inotify_;
  const UniqueFd stop_;
  const Options options_;
  std::map<int, std::filesystem::path> directories_;  // by watch
  std::thread thread_;
};

// Whether a change of a file of this name is a reason to build: sources of C, C++, assembler and
// CMake.
bool is_source_name(std::string_view name);

}  // namespace composable::host
