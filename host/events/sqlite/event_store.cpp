#include "events/sqlite/event_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "events/sqlite/backup.hpp"

namespace composable::host {
namespace {

constexpr std::uint64_t kRemovedAtOnce = 1000;  // events; appends wait so long and no longer

// SQLite gives the WAL the rights of the file; other users must not read events. Called under the
// lock only: closing any descriptor of the file would drop SQLite's own locks on it.
absl::Status create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::UnavailableError(
        absl::StrFormat("%s: cannot be opened: %s; check the directory and its rights", path,
                        std::strerror(errno)));
  }
  ::close(fd);
  return absl::OkStatus();
}

std::int64_t size_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_size : -1;
}

// SQLite takes an empty file as a new one, and removes its WAL.
absl::Status refuse_emptied(const std::string& path, const LogHead& head) {
  const std::int64_t data = size_of(path), wal = size_of(path + "-wal");
  if (data > 0) return absl::OkStatus();
  const char* const what = data < 0 ? "missing" : "empty";
  if (head.known() && head.known()->position > 0) {
    return absl::DataLossError(absl::StrFormat(
        "%s: %s, but events up to position %d were acknowledged, says %s; restore the file, or a "
        "backup; to begin an empty log remove %s",
        path, what, head.known()->position, head.path(), head.path()));
  }
  if (head.is_unreadable()) {
    return absl::DataLossError(absl::StrFormat(
        "%s: %s, and %s, which says what it held, cannot be read; restore the file, or a backup; "
        "to begin an empty log remove %s",
        path, what, head.path(), head.path()));
  }
  if (wal > 0) {
    return absl::DataLossError(absl::StrFormat(
        "%s: %s, but its WAL has %d bytes; restore the file, or a backup; to begin an empty log "
        "remove %s-wal",
        path, what, wal, path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteEventStore>> SqliteEventStore::open(
    const std::string& path, const SqliteStoreOptions& options, Clock& clock) {
  auto lock = LockFile::acquire(path + ".lock");
  if (!lock.ok()) return lock.status();
  LogHead head(path + ".head");
  if (absl::Status s = refuse_emptied(path, head); !s.ok()) return s;
  if (absl::Status s = create_private(path); !s.ok()) return s;
  std::unique_ptr<SqliteEventStore> store(
      new SqliteEventStore(*std::move(lock), path, options, clock));
  auto proof = store->writer_.start(std::move(head));
  if (!proof.ok()) return proof.status();
  store->proof_ = *std::move(proof);
  return store;
}

SqliteEventStore::SqliteEventStore(LockFile lock, const std::string& path,
                                   const SqliteStoreOptions& options, Clock& clock)
    : lock_(std::move(lock)),
      path_(path),
      vfs_(options.vfs),
      readers_(path, options.vfs, options.readers),
      writer_(path, options, clock),
      snapshots_(writer_, readers_, clock),
      checkpoints_(writer_, readers_, clock, options.checkpoints),
      dead_letters_(writer_, readers_, clock, options.dead_letters) {}

SqliteEventStore::~SqliteEventStore() = default;

void SqliteEventStore::append(std::unique_ptr<AppendRequest> request, AppendListener& listener) {
  if (const auto damaged = proof_.damaged.find(request->domain); damaged != proof_.damaged.end()) {
    request->result.code = AppendCode::kUnavailable;
    request->result.message = damaged->second;
    listener.appended(absl::MakeSpan(&request, 1));
    return;
  }
  writer_.append(std::move(request), listener);
}

absl::StatusOr<EventPage> SqliteEventStore::read_stream(std::string_view domain,
                                                        std::string_view stream,
                                                        std::uint64_t from_version,
                                                        Direction direction, std::size_t max) {
  return readers_.run(
      [&](SqliteReader& r) { return r.read_stream(domain, stream, from_version, direction, max); });
}

absl::StatusOr<EventPage> SqliteEventStore::read_all(std::uint64_t from_position,
                                                     Direction direction, std::size_t max,
                                                     const EventFilter& filter) {
  return readers_.run(
      [&](SqliteReader& r) { return r.read_all(from_position, direction, max, filter); });
}

absl::Status SqliteEventStore::replay(std::string_view domain, std::uint64_t from_position,
                                      const std::function<absl::Status(const EventView&)>& visit) {
  const auto damaged = proof_.damaged.find(std::string(domain));
  if (damaged != proof_.damaged.end()) return absl::DataLossError(damaged->second);
  std::uint64_t from = from_position;
  do {
    const auto next =
        readers_.run([&](SqliteReader& r) { return r.replay_page(domain, from, visit); });
    if (!next.ok()) return next.status();
    from = *next;
  } while (from != 0);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StreamInfo>> SqliteEventStore::list_streams(std::string_view domain,
                                                                       std::string_view prefix,
                                                                       std::string_view after,
                                                                       std::size_t max) {
  return readers_.run([&](SqliteReader& r) { return r.list_streams(domain, prefix, after, max); });
}

absl::Status SqliteEventStore::visit_streams(std::string_view domain, std::uint64_t position,
                                             const std::function<void(const StreamInfo&)>& visit) {
  std::string after;
  while (true) {
    const auto more = readers_.run(
        [&](SqliteReader& r) { return r.visit_streams(domain, position, after, visit); });
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

absl::StatusOr<StreamInfo> SqliteEventStore::stream_info(std::string_view domain,
                                                         std::string_view stream) {
  return readers_.run([&](SqliteReader& r) { return r.stream_info(domain, stream); });
}

absl::StatusOr<std::vector<StoredTimer>> SqliteEventStore::load_timers(std::string_view domain) {
  return readers_.run([&](SqliteReader& r) { return r.load_timers(domain); });
}

absl::Status SqliteEventStore::truncate_stream(const std::string& domain, const std::string& stream,
                                               std::uint64_t before_version) {
  bool more = true;
  while (more) {
    const absl::Status status = writer_.write([&](SqliteLog& log, absl::Status& refused) {
      return log.tables().truncate(domain, stream, before_version, kRemovedAtOnce, more, refused);
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SqliteEventStore::delete_stream(const std::string& domain, const std::string& stream) {
  const absl::Status status = writer_.write([&](SqliteLog& log, absl::Status& refused) {
    return log.tables().close_stream(domain, stream, refused);
  });
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  return status.ok() ? truncate_stream(domain, stream, kAll) : status;
}

absl::Status SqliteEventStore::backup(const std::string& path) {
  return backup_sqlite(path_, path, vfs_);
}

}  // namespace composable::host
