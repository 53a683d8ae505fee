#include "config/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"
#include "runtime/file_kind.hpp"

namespace composable::host {
namespace {

absl::Status failed() { return absl::UnavailableError(std::strerror(errno)); }

absl::StatusOr<std::string> read_open_file(int fd, std::size_t limit) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) return failed();
  if (!S_ISREG(found.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("expected a file, found %s", file_kind(found.st_mode)));
  }
  std::string text(limit, '\0');
  std::size_t got = 0;
  while (got < limit) {
    const ssize_t n = ::read(fd, text.data() + got, limit - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed();
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  text.resize(got);
  return text;
}

}  // namespace

absl::StatusOr<std::string> read_regular_file(const std::filesystem::path& path,
                                              std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed();
  absl::StatusOr<std::string> text = read_open_file(fd, limit);
  ::close(fd);
  return text;
}

}  // namespace composable::host
