// read_note and check_entry read what a plugin declares in its file before any of it is mapped:
// the ABI it was built for, its domain, and its entry. The loader calls them for every file. Any
// thread.
#pragma once
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "composable/abi/version.h"
#include "plugin/elf_file.hpp"

namespace composable::host {

struct PluginNote {
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::uint32_t min_host_minor = 0;
  std::string domain;  // may be empty
  std::string sdk;     // the SDK it was built with: "c++ 0.1", "c"
};

// The file's only note. The messages here do not name the file.
absl::StatusOr<PluginNote> read_note(const ElfFile& file);

// Whether the file exports the plugin's entry as a function. The message does not name the file.
absl::Status check_entry(const ElfFile& file);

struct AbiVersion {
  std::uint32_t major = COMPOSABLE_ABI_MAJOR;
  std::uint32_t minor = COMPOSABLE_ABI_MINOR;
};

// Checks that this host can load the plugin. While the major number is 0, both numbers must be
// equal. Later a plugin for 1.x runs on 1.y with y >= x, and on an older host when its note allows
// that minor.
absl::Status check_abi(const PluginNote& note, AbiVersion host = {});

}  // namespace composable::host
