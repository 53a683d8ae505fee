// A Library is one mapped shared library. No other file uses Boost.DLL or the loader's functions.
// Opening and closing run the library's constructors and destructors on a thread that ends right
// after. Any thread; blocks for as long as they take.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct dl_phdr_info;

namespace composable::host {

// Whether the code is unmapped, as the loader's list and the memory map of the process show.
struct UnloadResult {
  bool unmapped = false;
  std::string reason;  // what was found, when it is not
};

// The addresses between which a library is mapped; both 0: nowhere.
struct CodeExtent {
  std::uintptr_t begin = 0, end = 0;
};

// Of what the loader lists.
CodeExtent extent_of(const dl_phdr_info& library);

class Library {
 public:
  // Maps `path`, which must be absolute and never have been opened in this process: the loader
  // tells libraries apart by name. The message is the loader's own, without the path.
  static absl::StatusOr<Library> open(const std::filesystem::path& path);

  Library();
  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;
  ~Library();  // unloads

  explicit operator bool() const { return handle_ != nullptr; }
  const std::filesystem::path& path() const { return path_; }
  // Null when there is no such symbol.
  void* symbol(const std::string& name) const;
  CodeExtent extent() const { return extent_; }

  // From now on the code stays mapped until the process ends.
  void pin();
  // Closes the library and checks that it is unmapped. Nothing of it may be running, or be called
  // afterwards, mapped or not.
  UnloadResult unload();

 private:
  struct Handle;

  std::filesystem::path path_;
  std::unique_ptr<Handle> handle_;
  CodeExtent extent_;
  bool pinned_ = false;
};

}  // namespace composable::host
