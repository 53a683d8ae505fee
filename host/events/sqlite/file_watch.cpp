#include "events/sqlite/file_watch.hpp"

#include <sys/stat.h>

#include <string_view>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

constexpr std::size_t kData = 0, kWal = 1;  // of kSuffixes

// The writer still has the WAL and its index open; a clean shutdown copies them into the data file.
std::string_view remedy(std::size_t file) {
  return file == kData
             ? "stop the host, restore the log from a backup, and start it again"
             : "stop the host with SIGTERM, which saves what it holds, and start it again";
}

absl::Status changed(const std::string& path, std::size_t file, std::string_view what) {
  return absl::UnavailableError(absl::StrFormat(
      "%s: %s while the host runs, nothing is appended any more; %s", path, what, remedy(file)));
}

}  // namespace

FileWatch::Identity FileWatch::look_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {true, found.st_dev, found.st_ino, found.st_size};
}

absl::Status FileWatch::opened() {
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < kSuffixes.size(); ++i) {
    if (i == 0 && known_[0].exists) continue;
    known_[i] = look_at(path_ + kSuffixes[i]);
  }
  return compare();
}

absl::Status FileWatch::check() {
  const MutexLock lock(mutex_);
  return compare();
}

bool FileWatch::is_shorter() {
  const MutexLock lock(mutex_);
  for (const std::size_t i : {kData, kWal}) {
    if (known_[i].exists && look_at(path_ + kSuffixes[i]).size < known_[i].size) return true;
  }
  return false;
}

bool FileWatch::has_data() { return look_at(path_).size > 0; }

absl::Status FileWatch::take_sizes(std::int64_t needed) {
  const MutexLock lock(mutex_);
  const std::int64_t was = known_[kData].size, is = look_at(path_).size;
  if (known_[kData].exists && is < was && is < needed) {
    return changed(path_, kData,
                   absl::StrFormat("cut from %d to %d bytes, it must hold %d,", was, is, needed));
  }
  known_[kData].size = is;
  known_[kWal].size = look_at(path_ + kSuffixes[kWal]).size;
  return absl::OkStatus();
}

absl::Status FileWatch::compare() {
  for (std::size_t i = 0; i < kSuffixes.size(); ++i) {
    const std::string path = path_ + kSuffixes[i];
    const Identity now = look_at(path);
    const Identity& known = known_[i];
    if (!known.exists) continue;  // a SQLite VFS may do without a file of its own
    if (!now.exists) return changed(path, i, "deleted or moved away");
    if (now.device != known.device || now.inode != known.inode) {
      return changed(path, i, "replaced");
    }
  }
  return absl::OkStatus();
}

}  // namespace composable::host
