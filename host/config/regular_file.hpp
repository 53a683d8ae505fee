// read_regular_file reads a file that a user names, and never blocks as a pipe would. load.cpp
// calls it at start; any thread.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace composable::host {

// At most the first `limit` bytes. The error says why not, and does not name the file.
absl::StatusOr<std::string> read_regular_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace composable::host
