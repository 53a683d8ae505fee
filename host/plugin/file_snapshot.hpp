// read_stable_file reads a whole file and proves that it was not written meanwhile. Everything
// that is checked, copied and mapped afterwards is these bytes; the file is not opened again. Any
// thread; blocks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"

namespace composable::host {

inline constexpr std::size_t kMaxPluginBytes = std::size_t{256} << 20;

// Refuses what is not a file, and a file that others may write to (see writers.hpp). Of a big file
// the beginning is looked at first, so that one that is no plugin, or of more bytes than a plugin
// may have, takes no memory. ResourceExhausted: there is no memory for it.
//
// Device, inode, size and time of modification must be the same before and after, at the path as
// well as in the open file. DataLoss: the file changed; try again later. The message does not name
// the file. `while_reading`, for tests, runs between the two checks.
absl::StatusOr<std::vector<std::uint8_t>> read_stable_file(
    const std::filesystem::path& path, const std::function<void()>& while_reading = {});

}  // namespace composable::host
