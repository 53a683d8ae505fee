#include "events/stored_log.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "events/sqlite/open.hpp"
#include "events/sqlite/reader.hpp"

namespace composable::host {
namespace {

class SqliteStoredLog final : public StoredLog {
 public:
  explicit SqliteStoredLog(SqliteReader reader) : reader_(std::move(reader)) {}

  absl::StatusOr<std::uint64_t> head() override {
    const auto head = reader_.connection().integer("SELECT max(pos) FROM event");
    if (!head.ok()) return head.status();
    return static_cast<std::uint64_t>(*head);
  }

  absl::Status replay(
      std::string_view domain,
      const std::function<absl::Status(const EventStore::EventView&)>& visit) override {
    std::uint64_t from = 1;
    do {
      const auto next = reader_.replay_page(domain, from, visit);
      if (!next.ok()) return next.status();
      from = *next;
    } while (from != 0);
    return absl::OkStatus();
  }

 private:
  SqliteReader reader_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StoredLog>> open_sqlite_stored_log(std::string_view data_dir) {
  const std::filesystem::path file = std::filesystem::path(data_dir) / "events.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return nullptr;
  auto reader = SqliteReader::open(file.string(), "");
  if (!reader.ok()) return reader.status();
  return std::make_unique<SqliteStoredLog>(*std::move(reader));
}

}  // namespace composable::host
