#include "plugin/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "plugin/disposable_thread.hpp"

namespace composable::host {
namespace {

// The loader's last message on this thread, without the path that it begins with.
std::string loader_message(const std::filesystem::path& path) {
  const char* text = ::dlerror();
  std::string message = text == nullptr ? "the loader gives no reason" : text;
  const std::string prefix = path.string() + ": ";
  if (message.starts_with(prefix)) message.erase(0, prefix.size());
  return message;
}

// Nowhere when the loader does not list it.
CodeExtent in_link_map(const std::filesystem::path& path) {
  struct Search {
    std::string_view path;
    CodeExtent found;
  } search{path.native(), {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        auto& s = *static_cast<Search*>(context);
        if (s.path == info->dlpi_name) s.found = extent_of(*info);
        return s.found.end != 0 ? 1 : 0;
      },
      &search);
  return search.found;
}

// Within `extent`: a second host of this process names its copies alike. By file name: the kernel
// may spell the directories in its own way.
int mappings_of(const std::filesystem::path& path, const CodeExtent& extent) {
  const std::string name = "/" + path.filename().string();
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    constexpr std::string_view kDeleted = " (deleted)";
    if (line.ends_with(kDeleted)) line.resize(line.size() - kDeleted.size());
    const std::uintptr_t begin = std::strtoull(line.c_str(), nullptr, 16);
    if (line.ends_with(name) && begin >= extent.begin && begin < extent.end) ++count;
  }
  return count;
}

// Libraries whose last reference fell while a thread still held them go only when some library is
// closed after that thread has ended. A reference taken and dropped is such a closing.
void let_loader_collect(const std::filesystem::path& path) {
  if (void* again = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD)) ::dlclose(again);
}

}  // namespace

CodeExtent extent_of(const dl_phdr_info& library) {
  std::uintptr_t end = 0;
  for (int n = 0; n < library.dlpi_phnum; ++n) {
    const ElfW(Phdr)& part = library.dlpi_phdr[n];
    if (part.p_type == PT_LOAD) end = std::max<std::uintptr_t>(end, part.p_vaddr + part.p_memsz);
  }
  return {library.dlpi_addr, library.dlpi_addr + end};
}

struct Library::Handle {
  boost::dll::shared_library library;
};

Library::Library() = default;
Library::Library(Library&& other) noexcept
    : path_(std::move(other.path_)),
      handle_(std::move(other.handle_)),
      extent_(other.extent_),
      pinned_(other.pinned_) {}

Library& Library::operator=(Library&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(handle_, other.handle_);
  std::swap(extent_, other.extent_);
  std::swap(pinned_, other.pinned_);
  return *this;
}

Library::~Library() {
  if (handle_ != nullptr) unload();
}

absl::StatusOr<Library> Library::open(const std::filesystem::path& path) {
  Library opened;
  opened.path_ = path;
  opened.handle_ = std::make_unique<Handle>();
  std::string message;
  // An exception from a static constructor passes through the dynamic linker, which then never
  // gives its lock back. It ends the process instead: that of the trial, which comes first.
  on_disposable_thread([&]() noexcept {
    using boost::dll::load_mode::rtld_local;
    using boost::dll::load_mode::rtld_now;
    boost::dll::fs::error_code error;
    opened.handle_->library.load(path, rtld_now | rtld_local, error);
    if (error) message = loader_message(path);
  });
  opened.extent_ = in_link_map(path);
  if (message.empty()) return opened;
  opened.handle_.reset();
  return absl::InvalidArgumentError(message);
}

void* Library::symbol(const std::string& name) const {
  return handle_ == nullptr ? nullptr : ::dlsym(handle_->library.native(), name.c_str());
}

void Library::pin() {
  if (handle_ == nullptr || pinned_) return;
  if (void* again = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE)) {
    ::dlclose(again);
    pinned_ = true;
  }
}

UnloadResult Library::unload() {
  if (handle_ == nullptr) return {.unmapped = true};
  on_disposable_thread([this] { handle_.reset(); });
  if (in_link_map(path_).end != 0) on_disposable_thread([this] { let_loader_collect(path_); });

  const bool listed = in_link_map(path_).end != 0;
  const int mappings = mappings_of(path_, extent_);
  if (!listed && mappings == 0) return {.unmapped = true};
  return {.unmapped = false,
          .reason = pinned_
                        ? std::string("it is permanent")
                        : absl::StrFormat("the loader %s it, %d mappings of it are left",
                                          listed ? "still lists" : "no longer lists", mappings)};
}

}  // namespace composable::host
