#include "plugin/needed_libraries.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <string_view>
#include <system_error>
#include <vector>

#include "runtime/mutex.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// Differs when a file was written to in place.
struct Stamp {
  off_t size = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  bool operator==(const Stamp&) const = default;
};

struct Remembered {
  Mutex mutex;
  std::map<std::string, Stamp> stamps ABSL_GUARDED_BY(mutex);  // by path, of what is mapped
};

Remembered& remembered() {
  static auto* const kept = new Remembered;
  return *kept;
}

Stamp stamp_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

bool is_of_the_system(std::string_view path) {
  constexpr std::array<std::string_view, 2> kPlaces = {"/lib", "/usr/lib"};
  return !path.starts_with('/') ||  // the kernel's own
         std::any_of(kPlaces.begin(), kPlaces.end(),
                     [&](std::string_view place) { return path.starts_with(place); });
}

// What the dynamic section of a mapped library names with `tag`.
std::vector<std::string_view> named(const link_map& library, ElfW(Sxword) tag) {
  const char* strings = nullptr;
  for (const ElfW(Dyn)* entry = library.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag != DT_STRTAB) continue;
    // The loader has made an address of it, but for sections that cannot be written.
    const ElfW(Addr) at = entry->d_un.d_ptr;
    strings = reinterpret_cast<const char*>(at < library.l_addr ? at + library.l_addr : at);
  }
  std::vector<std::string_view> names;
  for (const ElfW(Dyn)* entry = library.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (strings != nullptr && entry->d_tag == tag) names.emplace_back(strings + entry->d_un.d_val);
  }
  return names;
}

bool is_called(const link_map& library, std::string_view name) {
  if (fs::path(library.l_name).filename() == name) return true;
  const auto own = named(library, DT_SONAME);
  return !own.empty() && own.front() == name;
}

// The file that the code around `address` was mapped from, as the kernel calls it now.
std::string mapped_from(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    const char* const last = line.data() + line.size();
    const auto [dash, error] = std::from_chars(line.data(), last, begin, 16);
    if (error != std::errc() || dash == last) continue;
    std::from_chars(dash + 1, last, end, 16);
    if (address < begin || address >= end) continue;
    const std::size_t path = line.find('/');
    return path == line.npos ? std::string() : line.substr(path);
  }
  return {};
}

bool has_changed(const link_map& library) {
  const std::string path = library.l_name;
  std::error_code error;
  if (mapped_from(reinterpret_cast<std::uintptr_t>(library.l_ld)) != fs::canonical(path, error)) {
    return true;
  }
  const Stamp now = stamp_of(path);
  Remembered& known = remembered();
  const MutexLock lock(known.mutex);
  return known.stamps.try_emplace(path, now).first->second != now;
}

// All that are mapped.
std::vector<const link_map*> mapped_libraries() {
  std::vector<const link_map*> all;
  void* const program = ::dlopen(nullptr, RTLD_LAZY);
  link_map* first = nullptr;
  if (program == nullptr || ::dlinfo(program, RTLD_DI_LINKMAP, &first) != 0) return all;
  for (const link_map* one = first; one != nullptr; one = one->l_next) all.push_back(one);
  ::dlclose(program);
  return all;
}

}  // namespace

fs::path changed_library_of(const fs::path& file) {
  const std::vector<const link_map*> all = mapped_libraries();
  const auto own = std::find_if(all.begin(), all.end(),
                                [&](const link_map* one) { return file == one->l_name; });
  if (own == all.end()) return {};
  std::vector<const link_map*> seen = {*own};
  for (std::size_t n = 0; n < seen.size(); ++n) {
    for (const std::string_view name : named(*seen[n], DT_NEEDED)) {
      const auto found = std::find_if(all.begin(), all.end(),
                                      [&](const link_map* one) { return is_called(*one, name); });
      if (found == all.end() || is_of_the_system((*found)->l_name)) continue;
      if (std::find(seen.begin(), seen.end(), *found) == seen.end()) seen.push_back(*found);
    }
  }
  for (std::size_t n = 1; n < seen.size(); ++n) {
    if (has_changed(*seen[n])) return seen[n]->l_name;
  }
  return {};
}

void forget_unmapped_libraries() {
  const std::vector<const link_map*> all = mapped_libraries();
  Remembered& known = remembered();
  const MutexLock lock(known.mutex);
  std::erase_if(known.stamps, [&](const auto& entry) {
    return std::none_of(all.begin(), all.end(),
                        [&](const link_map* one) { return entry.first == one->l_name; });
  });
}

}  // namespace composable::host
