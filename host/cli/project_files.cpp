#include "cli/project_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_format.h"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

std::string shown(const fs::path& path) { return host::shown(path.native()); }

std::string reason(int error) { return std::generic_category().message(error); }

absl::Status no_templates(const fs::path& folder, std::string_view why) {
  return absl::NotFoundError(absl::StrFormat(
      "no templates in %s: %s; install the SDK where this composable is: cmake --install BUILD "
      "--component sdk --prefix %s",
      shown(folder), why, shown(folder.parent_path().parent_path().parent_path().parent_path())));
}

// Checks that a project may be written into `directory`.
absl::Status take_place(const fs::path& directory) {
  std::error_code error;
  const fs::file_status found = fs::symlink_status(directory, error);
  if (fs::exists(found) && !fs::is_directory(directory, error)) {
    return absl::AlreadyExistsError(
        absl::StrFormat("%s: expected a new or empty directory, found a file; name another place "
                        "with --dir",
                        shown(directory)));
  }
  fs::create_directories(directory, error);
  const bool empty = !error && fs::is_empty(directory, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s: %s; name a place that you may write to with --dir", shown(directory),
                        reason(error.value())));
  }
  if (empty) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrFormat("%s: the directory is not empty, and nothing is written over; name another "
                      "place with --dir",
                      shown(directory)));
}

// 0, or the errno of what failed.
int write_new_file(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return error.value();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  int failure = 0;
  while (!text.empty() && failure == 0) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  if (::close(file) != 0 && failure == 0) failure = errno;
  if (failure != 0) fs::remove(path, error);
  return failure;
}

}  // namespace

std::string filled(std::string_view text, const Placeholders& values) {
  std::string out;
  for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@')) {
    out += text.substr(0, at);
    const std::size_t end = std::min(text.find('@', at + 1), text.size());
    const auto value = values.find(text.substr(at + 1, end - at - 1));
    const bool known = end < text.size() && value != values.end();
    out += known ? value->second : text.substr(at, end - at);
    text.remove_prefix(known ? end + 1 : end);
  }
  return out += text;
}

absl::StatusOr<std::vector<ProjectFile>> read_templates(const fs::path& folder,
                                                        const Placeholders& values) {
  std::error_code error;
  std::vector<ProjectFile> files;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->is_regular_file()) continue;
    std::ifstream in(entry->path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) {
      return absl::UnavailableError(absl::StrFormat(
          "%s: this template cannot be read; install the SDK again", shown(entry->path())));
    }
    const std::string path = entry->path().lexically_relative(folder).string();
    files.push_back({filled(path, values), filled(text, values)});
  }
  if (error) return no_templates(folder, reason(error.value()));
  if (files.empty()) return no_templates(folder, "the folder is empty");
  std::sort(files.begin(), files.end(),
            [](const ProjectFile& a, const ProjectFile& b) { return a.path < b.path; });
  return files;
}

absl::Status write_project(const fs::path& directory, const std::vector<ProjectFile>& files) {
  if (absl::Status status = take_place(directory); !status.ok()) return status;
  for (auto file = files.begin(); file != files.end(); ++file) {
    const int failure = write_new_file(directory / file->path, file->text);
    if (failure == 0) continue;
    std::error_code ignored;
    for (auto made = files.begin(); made != file; ++made) {
      fs::remove(directory / made->path, ignored);
      const fs::path folder = made->path.parent_path();
      if (!folder.empty()) fs::remove(directory / folder, ignored);  // once it is empty
    }
    return absl::UnavailableError(absl::StrFormat("%s: %s; name another place with --dir",
                                                  shown(directory / file->path), reason(failure)));
  }
  return absl::OkStatus();
}

}  // namespace composable::host
