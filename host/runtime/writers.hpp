// check_writers finds users and groups besides this host's that could have written a plugin file
// or could replace it, since they could make the host run their code. Root is left out, and so are
// members of the host's own groups. Any thread; functions that look at paths block.
#pragma once
#include <sys/stat.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace composable::host {

struct Identity {
  uid_t user = 0;
  std::vector<gid_t> groups;

  static Identity of_this_process();
};

// Checks what was found at a path; `what` is its noun, such as "a plugin". The message does not
// name the path.
absl::Status check_writers(const struct stat& found, std::string_view what, const Identity& host);

// Checks a directory and its parents, whose entries could be replaced, links included. In a sticky
// parent only owners can replace entries. The message begins with `directory`. A missing directory
// passes.
absl::Status check_directory_writers(const std::filesystem::path& directory, std::string_view what,
                                     const Identity& host);

}  // namespace composable::host
