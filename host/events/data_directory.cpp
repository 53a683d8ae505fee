#include "events/data_directory.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

std::error_code make(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path() && path.parent_path() != path) {
    fs::create_directories(path.parent_path(), error);
    if (error) return error;
  }
  // Created with its final mode: setting it afterwards would leave a moment in which others can
  // enter.
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  const std::error_code failed(errno, std::generic_category());
  return fs::is_directory(path, error) ? std::error_code() : failed;
}

}  // namespace

absl::Status make_data_directory(const std::string& path) {
  // A trailing slash would make the directory its own parent.
  fs::path directory = fs::path(path).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  const std::error_code failed = make(directory);
  if (!failed) return absl::OkStatus();
  return absl::UnavailableError(absl::StrFormat(
      "data_dir: %s cannot be made: %s; name another with --data-dir", path, failed.message()));
}

}  // namespace composable::host
