// A build's identity is the hash of its content, whatever build id its linker gave it. It tells
// whether a file has changed and which build has crashed the host. Any thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "absl/status/statusor.h"

namespace composable::host {

// The first 40 hex digits of the SHA-256 of all bytes: `sha256sum orders.so | cut -c-40`.
std::string build_identity(std::span<const std::uint8_t> bytes);

enum class Incomplete { kRefuse, kTake };

// The identity of the file's content; empty when it cannot be read. NotFound: there is no file.
// DataLoss, with kRefuse: the file is incomplete or being written. Blocks.
absl::StatusOr<std::string> file_identity(const std::filesystem::path& file,
                                          Incomplete incomplete = Incomplete::kTake);

}  // namespace composable::host
