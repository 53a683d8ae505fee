// Where events are kept, read from `database_url`. Called by load.cpp to check it and by host/app
// to open it; pure, any thread.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace composable::host {

struct Database {
  bool in_memory = false;      // gone at exit
  std::filesystem::path file;  // SQLite; as given, so relative to the current directory
};

// Empty: SQLite in `data_dir`. Else `sqlite:<file>` (also `sqlite:///abs/file`) or `memory:`.
// Errors never hold the URL.
absl::StatusOr<Database> parse_database_url(std::string_view url,
                                            const std::filesystem::path& data_dir);

}  // namespace composable::host
