#include "events/open_event_store.hpp"

#include <filesystem>
#include <utility>

#include "absl/strings/str_format.h"
#include "events/data_directory.hpp"
#include "events/memory_event_store.hpp"
#include "events/sqlite_event_store.hpp"

namespace composable::host {
namespace {

bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.substr(0, scheme.size()) == scheme;
}

absl::StatusOr<std::unique_ptr<EventStore>> open_sqlite(const std::filesystem::path& directory,
                                                        Clock& clock,
                                                        const AppendQueueLimits& limits,
                                                        ProofProgress progress) {
  if (absl::Status s = make_data_directory(directory.string()); !s.ok()) return s;
  SqliteStoreOptions options;
  options.queue_requests = limits.requests;
  options.queue_bytes = limits.bytes;
  options.progress = std::move(progress);
  return SqliteEventStore::open((directory / "events.db").string(), options, clock);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventStore>> open_event_store(std::string_view url,
                                                             std::string_view data_dir,
                                                             Clock& clock,
                                                             const AppendQueueLimits& limits,
                                                             ProofProgress progress) {
  if (url.empty() || url == "sqlite:") {
    return open_sqlite(data_dir, clock, limits, std::move(progress));
  }
  if (url == "memory:") return std::make_unique<MemoryEventStore>(clock);
  if (has_scheme(url, "postgresql:") || has_scheme(url, "postgres:")) {
    return absl::InvalidArgumentError(
        "database_url: postgresql is not supported by this host; use sqlite: or memory:");
  }
  if (has_scheme(url, "sqlite:")) {
    return absl::InvalidArgumentError(
        "database_url: sqlite: takes no path, the file is events.db in data_dir; set data_dir");
  }
  return absl::InvalidArgumentError("database_url: unknown scheme; use sqlite: or memory:");
}

}  // namespace composable::host
