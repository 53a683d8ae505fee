#include "plugin/directory_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// Not IN_MODIFY: a linker makes hundreds of those, and IN_CLOSE_WRITE follows.
constexpr std::uint32_t kOwnMask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ATTRIB |
                                   IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF |
                                   IN_ONLYDIR;
constexpr std::uint32_t kParentMask =
    IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;

// Absolute, without a slash at its end: with a name and a parent.
fs::path with_parent(const fs::path& directory) {
  const fs::path full = fs::absolute(directory).lexically_normal();
  return full.has_filename() ? full : full.parent_path();
}

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

// A link has all of its content at once; nobody is going to close it.
bool is_link(const fs::path& file) {
  struct stat found {};
  return ::lstat(file.c_str(), &found) == 0 && (S_ISLNK(found.st_mode) || found.st_nlink > 1);
}

}  // namespace

absl::StatusOr<DirectoryWatch> DirectoryWatch::open(std::vector<fs::path> directories,
                                                    AddWatch add_watch) {
  DirectoryWatch watch;
  watch.fd_ = UniqueFd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!watch.fd_) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("plugin directories cannot be watched: %s; raise "
                        "fs.inotify.max_user_instances with sysctl, or use --no-watch",
                        std::strerror(errno)));
  }
  watch.add_watch_ = add_watch ? std::move(add_watch) : ::inotify_add_watch;
  watch.watches_.resize(directories.size());
  watch.directories_ = std::move(directories);
  return watch;
}

absl::StatusOr<bool> DirectoryWatch::refresh(std::size_t directory) {
  const fs::path path = with_parent(directories_[directory]);
  Watch& watch = watches_[directory];
  // Best effort: without it a directory that comes back is found a little later.
  watch.parent = add_watch_(fd_.get(), path.parent_path().c_str(), kParentMask | IN_MASK_ADD);
  const int before = watch.own;
  watch.own = add_watch_(fd_.get(), path.c_str(), kOwnMask | IN_MASK_ADD);
  const int error = errno;
  if (before >= 0 && !used(before)) ::inotify_rm_watch(fd_.get(), before);
  if (watch.own < 0) return cannot_watch(directories_[directory], error);
  return watch.own != before;
}

bool DirectoryWatch::repeats(std::size_t directory) const {
  for (std::size_t i = 0; i < directory; ++i) {
    if (watches_[i].own >= 0 && watches_[i].own == watches_[directory].own) return true;
  }
  return false;
}

void DirectoryWatch::read(const std::function<void(const Event&)>& take) {
  alignas(inotify_event) char buffer[64 * 1024];
  for (;;) {
    const ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      translate(event->wd, event->mask, event->len == 0 ? "" : event->name, take);
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
  }
}

void DirectoryWatch::translate(int watch, std::uint32_t mask, const std::string& name,
                               const std::function<void(const Event&)>& take) {
  if ((mask & IN_Q_OVERFLOW) != 0) return take({What::kLost, 0, {}});
  bool taken = false;  // by the first of those that are one directory
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    const bool own = watches_[i].own == watch;
    if (own && name.empty() && (mask & IN_IGNORED) == 0) {
      take({What::kDirectory, i, {}});
    } else if (own && !name.empty() && !taken) {
      taken = true;
      if (const auto what = file_event(i, mask, name)) take({*what, i, name});
    }
    if (watches_[i].parent == watch && name == with_parent(directories_[i]).filename()) {
      take({What::kDirectory, i, {}});
    }
  }
  if ((mask & IN_IGNORED) != 0) forget(watch);
}

// Nothing for a file that was only just made: who made it will close it.
std::optional<DirectoryWatch::What> DirectoryWatch::file_event(std::size_t directory,
                                                               std::uint32_t mask,
                                                               const std::string& name) const {
  if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) return What::kComplete;
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) return What::kGone;
  if ((mask & IN_ATTRIB) != 0) return What::kRights;
  if (is_link(directories_[directory] / name)) return What::kComplete;
  return std::nullopt;
}

// The kernel has dropped this watch.
void DirectoryWatch::forget(int watch) {
  for (Watch& w : watches_) {
    if (w.own == watch) w.own = -1;
    if (w.parent == watch) w.parent = -1;
  }
}

bool DirectoryWatch::used(int watch) const {
  for (const Watch& w : watches_) {
    if (w.own == watch || w.parent == watch) return true;
  }
  return false;
}

}  // namespace composable::host
