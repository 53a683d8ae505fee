#include "events/sqlite/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "events/sqlite/connection.hpp"
#include "events/sqlite/schema.hpp"

namespace composable::host {
namespace {

absl::Status file_error(const std::string& path, std::string_view doing) {
  return absl::UnavailableError(
      absl::StrFormat("backup: %s: %s: %s", path, doing, std::strerror(errno)));
}

absl::Status sync(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error(path, "open");
  const bool synced = ::fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : file_error(path, "sync");
  ::close(fd);
  return status;
}

// SQLite takes an empty file as new; made here, it is never readable to others.
absl::Status create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return file_error(path, "create");
  ::close(fd);
  return absl::OkStatus();
}

absl::Status copy(const std::string& from, const std::string& to, const std::string& vfs) {
  auto source = Connection::open(from, Connection::Mode::kRead, vfs);
  if (!source.ok()) return source.status();
  auto vacuum = source->prepare("VACUUM INTO ?1");
  if (!vacuum.ok()) return vacuum.status();
  vacuum->bind_text(1, to);
  if (absl::Status s = vacuum->run(); !s.ok()) return s;
  auto copied = Connection::open(to, Connection::Mode::kWrite, vfs);
  if (!copied.ok()) return copied.status();
  return mark_as_backup(*copied);
}

absl::Status publish(const std::string& part, const std::string& to) {
  if (absl::Status s = sync(part); !s.ok()) return s;
  if (::rename(part.c_str(), to.c_str()) != 0) return file_error(to, "rename");
  const std::string directory = std::filesystem::path(to).parent_path().string();
  return sync(directory.empty() ? "." : directory);
}

}  // namespace

absl::Status backup_sqlite(const std::string& from, const std::string& to, const std::string& vfs) {
  if (::access(to.c_str(), F_OK) == 0) {
    return absl::AlreadyExistsError(
        absl::StrFormat("backup: %s exists already; name a new file", to));
  }
  const std::string part = to + ".part";
  absl::Status status = create_private(part);
  if (status.ok()) status = copy(from, part, vfs);
  if (status.ok()) status = publish(part, to);
  if (!status.ok()) ::unlink(part.c_str());
  return status;
}

}  // namespace composable::host
