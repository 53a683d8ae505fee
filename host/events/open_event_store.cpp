#include "events/open_event_store.hpp"

#include <utility>

#include "events/memory/event_store.hpp"
#include "events/sqlite/open.hpp"

namespace composable::host {
namespace {

bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.substr(0, scheme.size()) == scheme;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventStore>> open_event_store(std::string_view url,
                                                             std::string_view data_dir,
                                                             Clock& clock,
                                                             const AppendQueueLimits& limits,
                                                             OpenProgress progress) {
  if (url.empty() || url == "sqlite:") {
    return open_sqlite_store(data_dir, clock, limits, std::move(progress));
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

absl::StatusOr<std::unique_ptr<StoredLog>> open_stored_log(std::string_view url,
                                                           std::string_view data_dir) {
  if (url == "memory:") return nullptr;
  return open_sqlite_stored_log(data_dir);  // no other is accepted
}

}  // namespace composable::host
