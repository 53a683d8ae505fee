#include "plugin/build_identity.hpp"

#include "absl/strings/str_format.h"

namespace composable::host {

std::string content_hash(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t b : bytes) hash = (hash ^ b) * 0x100000001b3u;
  return absl::StrFormat("%016x", hash);
}

std::string build_identity(const ElfFile& file, std::span<const std::uint8_t> bytes) {
  return file.build_id().empty() ? content_hash(bytes) : file.build_id();
}

}  // namespace composable::host
