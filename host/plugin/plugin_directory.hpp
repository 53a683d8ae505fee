// These functions decide which files of a directory are plugins, and in which order they are
// loaded. Any thread; they block.
#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace composable::host {

inline constexpr std::size_t kMaxPluginsPerDirectory = 1024;

// Whether a file of this name is meant to be loaded: `*.so`, not beginning with a dot. Names that
// end in `~` or `.tmp` are files that are still being written or are backups.
bool is_plugin_name(std::string_view name);

// Fails when the directory is missing, or when another user may write to it or could replace it
// (see writers.hpp).
absl::Status check_plugin_directory(const std::filesystem::path& directory);

// The plugin files of `directory`, by name in byte order. Fails as check_plugin_directory does.
absl::StatusOr<std::vector<std::filesystem::path>> scan_plugin_directory(
    const std::filesystem::path& directory);

}  // namespace composable::host
