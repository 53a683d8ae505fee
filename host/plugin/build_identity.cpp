#include "plugin/build_identity.hpp"

#include "absl/strings/str_format.h"
#include "plugin/file_snapshot.hpp"

namespace composable::host {

std::string content_hash(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t b : bytes) hash = (hash ^ b) * 0x100000001b3u;
  return absl::StrFormat("%016x", hash);
}

std::string build_identity(const ElfFile& file, std::span<const std::uint8_t> bytes) {
  return file.build_id().empty() ? content_hash(bytes) : file.build_id();
}

std::string file_identity(const std::filesystem::path& file) {
  const auto bytes = read_settled_file(file);
  if (!bytes.ok()) return {};
  const auto elf = ElfFile::parse(*bytes);
  return elf.ok() ? build_identity(*elf, *bytes) : content_hash(*bytes);
}

}  // namespace composable::host
