#include "runtime/writers.hpp"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_format.h"
#include "runtime/path_steps.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// Of a directory on the way, or of a link in it.
absl::Status check_on_the_way(const fs::path& at, const Identity& host) {
  struct stat found {};
  if (::lstat(at.c_str(), &found) != 0) return absl::OkStatus();
  if (S_ISLNK(found.st_mode)) {
    found.st_mode &= ~static_cast<mode_t>(S_IWOTH | S_IWGRP);  // a link's own mode means nothing
    return check_writers(found, "a link", host);
  }
  if (!S_ISDIR(found.st_mode)) return absl::OkStatus();
  if ((found.st_mode & S_ISVTX) != 0) found.st_mode &= ~static_cast<mode_t>(S_IWOTH | S_IWGRP);
  return check_writers(found, "a directory", host);
}

}  // namespace

Identity Identity::of_this_process() {
  Identity identity{::geteuid(), {::getegid()}};
  const int count = ::getgroups(0, nullptr);
  if (count <= 0) return identity;
  std::vector<gid_t> more(static_cast<std::size_t>(count));
  const int got = ::getgroups(count, more.data());
  if (got > 0) identity.groups.insert(identity.groups.end(), more.begin(), more.begin() + got);
  return identity;
}

absl::Status check_writers(const struct stat& found, std::string_view what, const Identity& host) {
  const unsigned mode = found.st_mode & 07777;
  if ((mode & S_IWOTH) != 0) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s that every user may write to, mode %04o: any user could make this host "
                        "run their code; chmod o-w it",
                        what, mode));
  }
  if (found.st_uid != 0 && found.st_uid != host.user) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s of user %d, which could make this host, user %d, run its code; check "
                        "it, then chown it to %d or to root",
                        what, found.st_uid, host.user, host.user));
  }
  const bool own_group = found.st_gid == 0 || std::find(host.groups.begin(), host.groups.end(),
                                                        found.st_gid) != host.groups.end();
  if ((mode & S_IWGRP) != 0 && !own_group) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s that group %d may write to, mode %04o, and this host is not in that "
                        "group: its members could make the host run their code; chmod g-w it",
                        what, found.st_gid, mode));
  }
  return absl::OkStatus();
}

absl::Status check_directory_writers(const fs::path& directory, std::string_view what,
                                     const Identity& host) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return absl::OkStatus();
  if (absl::Status s = check_writers(found, what, host); !s.ok()) {
    return absl::Status(s.code(), absl::StrFormat("%s: %s", directory.string(), s.message()));
  }
  for (const PathStep& step : path_steps(directory)) {
    const fs::path entry = step.directory / step.name;
    for (const fs::path& way : {step.directory, fs::is_symlink(entry) ? entry : step.directory}) {
      const absl::Status s = check_on_the_way(way, host);
      if (s.ok()) continue;
      return absl::Status(s.code(), absl::StrFormat("%s: its path leads through %s, %s",
                                                    directory.string(), way.string(), s.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace composable::host
