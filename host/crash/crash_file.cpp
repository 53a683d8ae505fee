#include "crash/crash_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"
#include "crash/crash_history.hpp"
#include "runtime/file_kind.hpp"

namespace composable::host {
namespace {

constexpr auto kMaxBytes = static_cast<off_t>(CrashHistory::kMaxBytes);

absl::Status cannot(const std::filesystem::path& file, std::string_view what) {
  return absl::UnavailableError(absl::StrFormat("%s: cannot be %s: %s; check the rights",
                                                file.string(), what, std::strerror(errno)));
}

// Never waits, as it might for the writer of a pipe.
absl::StatusOr<UniqueFd> open_regular(const std::filesystem::path& file, int flags) {
  UniqueFd fd(::open(file.c_str(), flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return cannot(file, "opened");
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) return cannot(file, "looked at");
  if (S_ISREG(found.st_mode)) return fd;
  return absl::FailedPreconditionError(absl::StrFormat("%s: expected a file, found %s; remove it",
                                                       file.string(), file_kind(found.st_mode)));
}

absl::Status write_anew(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::path beside = file;
  beside += ".tmp";
  const auto fd = open_regular(beside, O_WRONLY | O_CREAT | O_TRUNC);
  if (!fd.ok()) return fd.status();
  if (::write(fd->get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return cannot(beside, "written");
  }
  if (::rename(beside.c_str(), file.c_str()) != 0) return cannot(file, "replaced");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> read_crash_file(const std::filesystem::path& file) {
  if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) return std::string();
  const auto fd = open_regular(file, O_RDONLY);
  if (!fd.ok()) return fd.status();
  struct stat found {};
  if (::fstat(fd->get(), &found) != 0) return cannot(file, "looked at");
  const off_t from = found.st_size > kMaxBytes ? found.st_size - kMaxBytes : 0;
  std::string text(static_cast<std::size_t>(found.st_size - from), '\0');
  const ssize_t got = ::pread(fd->get(), text.data(), text.size(), from);
  if (got < 0) return cannot(file, "read");
  text.resize(static_cast<std::size_t>(got));
  if (from > 0) text.erase(0, text.find('\n') + 1);
  return text;
}

absl::StatusOr<UniqueFd> begin_crash_file(const std::filesystem::path& file,
                                          std::string_view text) {
  const auto found = read_crash_file(file);
  if (!found.ok()) return found.status();
  if (*found != text) {
    if (absl::Status s = write_anew(file, text); !s.ok()) return s;
  }
  return open_regular(file, O_WRONLY | O_CREAT | O_APPEND);
}

}  // namespace composable::host
