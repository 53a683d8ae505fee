#include "events/sqlite/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "runtime/file_kind.hpp"

namespace composable::host {
namespace {

// The holder's process id, as it wrote it.
std::string holder(int fd) {
  char text[32];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  std::string pid;
  for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid.empty() ? "unknown" : pid;
}

// Of a link, or of a file that has another name too, it is something else that would be written to.
absl::Status check_own_file(const std::string& path, const struct stat& found) {
  if (S_ISREG(found.st_mode) && found.st_nlink == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s: expected a file that the host made, found %s; remove it", path,
      S_ISREG(found.st_mode) ? "a file with another name too" : file_kind(found.st_mode)));
}

absl::StatusOr<UniqueFd> open_own_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  const int error = errno;
  struct stat found {};
  const bool looked = fd ? ::fstat(fd.get(), &found) == 0 : ::lstat(path.c_str(), &found) == 0;
  if (looked) {
    if (absl::Status s = check_own_file(path, found); !s.ok()) return s;
  }
  if (fd && looked) return fd;
  return absl::UnavailableError(absl::StrFormat(
      "%s: cannot be opened: %s; check the directory and its rights", path, std::strerror(error)));
}

}  // namespace

absl::StatusOr<LockFile> LockFile::acquire(const std::string& path) {
  absl::StatusOr<UniqueFd> opened = open_own_file(path);
  if (!opened.ok()) return opened.status();
  const int fd = opened->get();
  LockFile lock(*std::move(opened));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return absl::UnavailableError(absl::StrFormat(
          "%s: cannot be locked: %s; use a local file system", path, std::strerror(errno)));
    }
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: held by another host, process %s; stop it, or give this one another "
                        "data directory",
                        path, holder(fd)));
  }
  const std::string pid = absl::StrFormat("%d\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return absl::UnavailableError(absl::StrFormat(
        "%s: cannot be written: %s; make room on the disk", path, std::strerror(errno)));
  }
  return lock;
}

}  // namespace composable::host
