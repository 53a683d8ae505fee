// unserved_plugins finds plugins that a build has made in directories that no host serves. Any
// thread; it blocks.
#pragma once
#include <filesystem>
#include <vector>

namespace composable::host {

// The plugin files below `build_directory`, in byte order, that lie in none of `served`. A file
// that is no plugin is left out, as are links and CMake's own directories.
std::vector<std::filesystem::path> unserved_plugins(
    const std::filesystem::path& build_directory, const std::vector<std::filesystem::path>& served);

}  // namespace composable::host
