// make_data_directory creates the directory that holds everything a host keeps.
#pragma once
#include <string>

#include "absl/status/status.h"

namespace composable::host {

// Makes `path` and its parents where they are missing. A new `path` is its owner's alone (0700),
// whatever the umask says; one that is there keeps its rights. An error says what to do.
absl::Status make_data_directory(const std::string& path);

}  // namespace composable::host
