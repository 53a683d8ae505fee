// Who besides this host's user could have written a plugin file: whoever can, can have the host run
// their code. Root can do so in any case, and whoever is in a group of the host was put there by
// somebody who may. Any thread.
#pragma once
#include <sys/stat.h>

#include <vector>

#include "absl/status/status.h"

namespace composable::host {

struct Identity {
  uid_t user = 0;
  std::vector<gid_t> groups;

  static Identity of_this_process();
};

// Of an open file. The message does not name the file.
absl::Status check_writers(const struct stat& file, const Identity& host);

}  // namespace composable::host
