#include "events/sqlite/open.hpp"

#include <filesystem>
#include <utility>

#include "events/data_directory.hpp"
#include "events/sqlite/event_store.hpp"

namespace composable::host {

absl::StatusOr<std::unique_ptr<EventStore>> open_sqlite_store(std::string_view data_dir,
                                                              Clock& clock,
                                                              const AppendQueueLimits& limits,
                                                              OpenProgress progress) {
  const std::filesystem::path directory(data_dir);
  if (absl::Status s = make_data_directory(directory.string()); !s.ok()) return s;
  SqliteStoreOptions options;
  options.queue_requests = limits.requests;
  options.queue_bytes = limits.bytes;
  options.progress = std::move(progress);
  return SqliteEventStore::open((directory / "events.db").string(), options, clock);
}

}  // namespace composable::host
