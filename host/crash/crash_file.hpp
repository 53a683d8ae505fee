// These functions read and begin the file `crashes` in the data directory. Its last line is
// written by a process that crashes. Main thread, at start.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "runtime/unique_fd.hpp"

namespace composable::host {

inline std::filesystem::path crash_file(const std::filesystem::path& data_directory) {
  return data_directory / "crashes";
}

// Its last CrashHistory::kMaxBytes, from the beginning of a line on; empty when there is none. The
// message names the file.
absl::StatusOr<std::string> read_crash_file(const std::filesystem::path& file);

// Makes `text` all that it holds, unless it is so, and opens it for one more line.
absl::StatusOr<UniqueFd> begin_crash_file(const std::filesystem::path& file, std::string_view text);

}  // namespace composable::host
