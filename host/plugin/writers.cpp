#include "plugin/writers.hpp"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_format.h"

namespace composable::host {

Identity Identity::of_this_process() {
  Identity identity{::geteuid(), {::getegid()}};
  const int count = ::getgroups(0, nullptr);
  if (count <= 0) return identity;
  std::vector<gid_t> more(static_cast<std::size_t>(count));
  const int got = ::getgroups(count, more.data());
  if (got > 0) identity.groups.insert(identity.groups.end(), more.begin(), more.begin() + got);
  return identity;
}

absl::Status check_writers(const struct stat& file, const Identity& host) {
  const unsigned mode = file.st_mode & 07777;
  if ((mode & S_IWOTH) != 0) {
    return absl::PermissionDeniedError(
        absl::StrFormat("a plugin that everybody may write to, mode %04o: anybody could have this "
                        "host run their code; chmod o-w it",
                        mode));
  }
  if (file.st_uid != 0 && file.st_uid != host.user) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "a plugin of user %d, who could have this host, user %d, run their code; look at it, then "
        "chown it to %d or to root",
        file.st_uid, host.user, host.user));
  }
  const bool own_group = file.st_gid == 0 || std::find(host.groups.begin(), host.groups.end(),
                                                       file.st_gid) != host.groups.end();
  if ((mode & S_IWGRP) != 0 && !own_group) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "a plugin that group %d may write to, mode %04o, and this host is not in that group: its "
        "members could have the host run their code; chmod g-w it",
        file.st_gid, mode));
  }
  return absl::OkStatus();
}

}  // namespace composable::host
