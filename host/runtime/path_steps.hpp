// path_steps lists the directory entries that decide what a path means, including those of links.
// Any thread; it blocks for as long as the file system takes.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace composable::host {

// A directory entry on the way. A change of it may change what the path means.
struct PathStep {
  std::filesystem::path directory;  // absolute, without links
  std::string name;
};

// All of them, in the order of the look-ups, until one is missing or more links follow each other
// than the kernel follows. The directory of the first is the root.
std::vector<PathStep> path_steps(const std::filesystem::path& path);

}  // namespace composable::host
