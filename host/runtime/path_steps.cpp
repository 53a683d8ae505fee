#include "runtime/path_steps.hpp"

#include <sys/stat.h>

#include <deque>
#include <system_error>

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the kernel

void put_in_front(std::deque<fs::path>& names, const fs::path& path) {
  const fs::path relative = path.relative_path();
  names.insert(names.begin(), relative.begin(), relative.end());
}

}  // namespace

std::vector<PathStep> path_steps(const fs::path& path) {
  std::vector<PathStep> steps;
  std::deque<fs::path> names;
  std::error_code error;
  put_in_front(names, fs::absolute(path, error));
  fs::path directory = "/";
  for (int links = 0; !names.empty();) {
    const fs::path name = std::move(names.front());
    names.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      directory = directory.parent_path();
      continue;
    }
    steps.push_back({directory, name.string()});
    const fs::path at = directory / name;
    struct stat found {};
    if (::lstat(at.c_str(), &found) != 0) break;
    if (S_ISLNK(found.st_mode)) {
      const fs::path target = fs::read_symlink(at, error);
      if (error || ++links > kMaxLinks) break;
      if (target.is_absolute()) directory = "/";
      put_in_front(names, target);
    } else if (S_ISDIR(found.st_mode)) {
      directory = at;
    } else {
      break;
    }
  }
  return steps;
}

}  // namespace composable::host
