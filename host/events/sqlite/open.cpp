#include "events/sqlite/open.hpp"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "events/data_directory.hpp"
#include "events/sqlite/event_store.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// The log may lie elsewhere, with a link in its place. What lies beside it, its lock above all, is
// beside the file itself then, so that no second host has it by another name.
absl::StatusOr<std::string> file_in(const fs::path& directory) {
  const fs::path path = directory / "events.db";
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path.string();
  const fs::path file = fs::canonical(path, error);
  if (!error) return file.string();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s: it leads to %s, which is not there; mount it, or remove the link",
                      path.string(), fs::read_symlink(path, error).string()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventStore>> open_sqlite_store(std::string_view data_dir,
                                                              Clock& clock,
                                                              const AppendQueueLimits& limits,
                                                              OpenProgress progress) {
  if (absl::Status s = make_data_directory(std::string(data_dir)); !s.ok()) return s;
  const absl::StatusOr<std::string> file = file_in(data_dir);
  if (!file.ok()) return file.status();
  SqliteStoreOptions options;
  options.queue_requests = limits.requests;
  options.queue_bytes = limits.bytes;
  options.progress = std::move(progress);
  return SqliteEventStore::open(*file, options, clock);
}

}  // namespace composable::host
