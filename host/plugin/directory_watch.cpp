#include "plugin/directory_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "runtime/path_steps.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// Not IN_MODIFY: a linker makes hundreds of those, and IN_CLOSE_WRITE follows.
constexpr std::uint32_t kFileMask =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM;
constexpr std::uint32_t kOwnMask = kFileMask | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kWayMask = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM;
constexpr std::uint32_t kInodeMask = IN_CLOSE_WRITE | IN_ATTRIB;  // of a file itself

absl::Status cannot_watch(const fs::path& directory, int error) {
  if (error == ENOSPC) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "%s: changed plugins there are not noticed: this user has no inotify watches left; raise "
        "fs.inotify.max_user_watches with sysctl",
        directory.string()));
  }
  const std::string text = absl::StrFormat(
      "%s: changed plugins there are not noticed: %s; check the directory and its "
      "rights",
      directory.string(), std::strerror(error));
  return absl::Status(absl::ErrnoToStatusCode(error), text);
}

// A link has all of its content at once, and a directory has none; neither will be closed.
bool is_at_once(const fs::path& entry) {
  struct stat found {};
  return ::lstat(entry.c_str(), &found) == 0 && (!S_ISREG(found.st_mode) || found.st_nlink > 1);
}

// Nothing for a file that was only just created: its writer will close it.
std::optional<DirectoryWatch::What> file_event(const fs::path& file, std::uint32_t mask) {
  using What = DirectoryWatch::What;
  if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) return What::kComplete;
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) return What::kGone;
  if ((mask & IN_ATTRIB) != 0) return What::kRights;
  if (is_at_once(file)) return What::kComplete;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<DirectoryWatch> DirectoryWatch::open(std::vector<fs::path> directories,
                                                    AddWatch add_watch) {
  Inotify inotify(std::move(add_watch));
  if (!inotify) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("plugin directories cannot be watched: %s; raise "
                        "fs.inotify.max_user_instances with sysctl, or use --no-watch",
                        std::strerror(errno)));
  }
  DirectoryWatch watch(std::move(inotify));
  watch.places_.resize(directories.size());
  watch.directories_ = std::move(directories);
  return watch;
}

absl::StatusOr<bool> DirectoryWatch::refresh(std::size_t directory) {
  const fs::path& path = directories_[directory];
  Place& place = places_[directory];
  Watched now;
  // Best effort: without it a change on the way is found a little later.
  place.way_is_partial = false;
  for (const PathStep& step : path_steps(path)) {
    const int watch = inotify_.add(step.directory.c_str(), kWayMask | IN_ONLYDIR);
    if (watch < 0) {
      place.way_is_partial = true;
      continue;
    }
    now.push_back({watch, {Reason::Kind::kWay, directory, {}, step.directory / step.name}});
  }
  const int before = place.own;
  place.own = inotify_.add(path.c_str(), kOwnMask | IN_ONLYDIR);
  const int error = errno;
  if (place.own >= 0) now.push_back({place.own, {Reason::Kind::kFiles, directory, {}, {}}});
  exchange(directory, {}, std::move(now));
  if (place.own < 0) return cannot_watch(path, error);
  return place.own != before;
}

bool DirectoryWatch::repeats(std::size_t directory) const {
  for (std::size_t i = 0; i < directory; ++i) {
    if (places_[i].own >= 0 && places_[i].own == places_[directory].own) return true;
  }
  return false;
}

void DirectoryWatch::follow(std::size_t directory, const std::string& name) {
  const fs::path path = directories_[directory] / name;
  Watched now;
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    const std::vector<PathStep> steps = path_steps(path);
    // Those to the link itself are watched for the directory.
    for (std::size_t n = path_steps(directories_[directory]).size() + 1; n < steps.size(); ++n) {
      const bool last = n + 1 == steps.size();
      const int watch =
          inotify_.add(steps[n].directory.c_str(), (last ? kFileMask : kWayMask) | IN_ONLYDIR);
      if (watch < 0) continue;
      const fs::path at = steps[n].directory / steps[n].name;
      now.push_back({watch, {Reason::Kind::kLink, directory, name, at}});
    }
    const int watch = inotify_.add(path.c_str(), kInodeMask);
    if (watch >= 0) now.push_back({watch, {Reason::Kind::kLink, directory, name, {}}});
  }
  exchange(directory, name, std::move(now));
}

void DirectoryWatch::exchange(std::size_t directory, const std::string& file, Watched now) {
  std::vector<int> left;
  for (auto it = reasons_.begin(); it != reasons_.end();) {
    if (it->second.directory != directory || it->second.file != file) {
      ++it;
      continue;
    }
    left.push_back(it->first);
    it = reasons_.erase(it);
  }
  for (auto& [watch, reason] : now) reasons_.emplace(watch, std::move(reason));
  for (const int watch : left) {
    if (!reasons_.contains(watch)) inotify_.remove(watch);
  }
}

void DirectoryWatch::read(const std::function<void(const Event&)>& take) {
  inotify_.read([&](const Inotify::Event& event) {
    std::vector<Event> events;
    translate(event, events);  // what takes them may watch something else
    for (const Event& one : events) take(one);
  });
}

void DirectoryWatch::translate(const Inotify::Event& event, std::vector<Event>& out) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) return out.push_back({What::kLost, 0, {}});
  const bool ends = (event.mask & IN_IGNORED) != 0;
  bool taken = false;  // by the first of those that are one directory
  const auto [begin, end] = reasons_.equal_range(event.watch);
  for (auto it = begin; it != end; ++it) {
    const Reason& reason = it->second;
    switch (reason.kind) {
      case Reason::Kind::kFiles:
        if (event.name.empty()) {
          if (!ends) out.push_back({What::kDirectory, reason.directory, {}});
        } else if (!taken) {
          taken = true;
          const std::string name(event.name);
          const auto what = file_event(directories_[reason.directory] / name, event.mask);
          if (what) out.push_back({*what, reason.directory, name});
        }
        break;
      case Reason::Kind::kWay:
        if ((event.mask & kWayMask) != 0 && event.name == reason.at.filename().native()) {
          out.push_back({What::kDirectory, reason.directory, {}});
        }
        break;
      case Reason::Kind::kLink: {
        if (event.name != reason.at.filename().native()) break;
        auto what = reason.at.empty() && ends ? std::nullopt : file_event(reason.at, event.mask);
        if (what == What::kGone) what = What::kComplete;  // the link is there yet: to be looked at
        if (what) out.push_back({*what, reason.directory, reason.file});
        break;
      }
    }
  }
  if (ends) forget(event.watch);
}

// The kernel has dropped this watch.
void DirectoryWatch::forget(int watch) {
  reasons_.erase(watch);
  for (Place& place : places_) {
    if (place.own == watch) place.own = -1;
  }
}

}  // namespace composable::host
