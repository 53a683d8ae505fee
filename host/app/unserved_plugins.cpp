#include "app/unserved_plugins.hpp"

#include <algorithm>
#include <system_error>

#include "plugin/elf_file.hpp"
#include "plugin/file_snapshot.hpp"
#include "plugin/note.hpp"
#include "plugin/plugin_directory.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxEntries = 20'000;  // that are looked at

bool is_plugin(const fs::path& file) {
  const auto bytes = read_stable_file(file);
  if (!bytes.ok()) return false;
  const auto elf = ElfFile::parse(*bytes);
  return elf.ok() && read_note(*elf).ok();
}

bool is_cmakes_own(const fs::path& directory) {
  const std::string name = directory.filename().native();
  return name.starts_with('.') || name == "CMakeFiles" || name == "Testing" || name == "_deps";
}

}  // namespace

std::vector<fs::path> unserved_plugins(const fs::path& build_directory,
                                       const std::vector<fs::path>& served) {
  std::vector<fs::path> found;
  std::error_code error;
  const auto is_served = [&](const fs::path& directory) {
    return std::any_of(served.begin(), served.end(),
                       [&](const fs::path& one) { return fs::equivalent(one, directory, error); });
  };
  std::size_t entries = 0;
  for (fs::recursive_directory_iterator entry(build_directory, error), end;
       !error && entry != end && entries < kMaxEntries; entry.increment(error), ++entries) {
    if (entry->is_symlink(error)) continue;
    if (entry->is_directory(error)) {
      if (is_cmakes_own(entry->path()) || is_served(entry->path())) {
        entry.disable_recursion_pending();
      }
    } else if (is_plugin_name(entry->path().filename().native()) &&
               !is_served(entry->path().parent_path()) && is_plugin(entry->path())) {
      found.push_back(entry->path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace composable::host
