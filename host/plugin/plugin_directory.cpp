#include "plugin/plugin_directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "absl/strings/str_format.h"
#include "runtime/file_kind.hpp"
#include "runtime/writers.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

absl::Status unreadable(const fs::path& directory, int error) {
  return absl::PermissionDeniedError(
      absl::StrFormat("%s: the plugin directory cannot be read: %s; check it and its rights, or "
                      "name another with --plugins",
                      directory.string(), std::strerror(error)));
}

}  // namespace

bool is_plugin_name(std::string_view name) {
  return name.ends_with(".so") && !name.starts_with('.');
}

absl::Status check_plugin_directory(const fs::path& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) {
    if (errno == ENOENT) {
      return absl::NotFoundError(
          absl::StrFormat("%s: no such plugin directory; make it, or name another with --plugins",
                          directory.string()));
    }
    return unreadable(directory, errno);
  }
  if (!S_ISDIR(found.st_mode)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: expected a directory, found %s; name the directory that the plugins are in",
        directory.string(), file_kind(found.st_mode)));
  }
  return check_directory_writers(directory, "a plugin directory", Identity::of_this_process());
}

absl::StatusOr<std::vector<fs::path>> scan_plugin_directory(const fs::path& directory) {
  if (auto s = check_plugin_directory(directory); !s.ok()) return s;
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (!is_plugin_name(it->path().filename().native())) continue;
    if (files.size() == kMaxPluginsPerDirectory) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("%s: more than %d plugins in one directory; use several directories",
                          directory.string(), kMaxPluginsPerDirectory));
    }
    files.push_back(it->path());
  }
  if (error) {
    return unreadable(directory, error.value());
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return a.filename().native() < b.filename().native();
  });
  return files;
}

}  // namespace composable::host
