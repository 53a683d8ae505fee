// What tells one build of a plugin from others, for whoever asks whether a file is news: the loader
// and the watcher. Pure; any thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "plugin/elf_file.hpp"

namespace composable::host {

// FNV-1a of all bytes, 16 hex digits: tells files apart, proves nothing about them.
std::string content_hash(std::span<const std::uint8_t> bytes);

// In hex: the GNU build id, else the hash. `file` was parsed from `bytes`.
std::string build_identity(const ElfFile& file, std::span<const std::uint8_t> bytes);

// Of what is in that file now; empty when it cannot be read. Blocks.
std::string file_identity(const std::filesystem::path& file);

}  // namespace composable::host
