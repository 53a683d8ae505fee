#include "plugin/file_snapshot.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/str_format.h"
#include "plugin/elf_file.hpp"
#include "runtime/file_kind.hpp"
#include "runtime/unique_fd.hpp"
#include "runtime/writers.hpp"

namespace composable::host {
namespace {

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

absl::Status changed() {
  return absl::DataLossError(
      "it changed while it was read; write it under a temporary name that is renamed at the end");
}

absl::Status unreadable(std::string_view what, int error) {
  return absl::Status(absl::ErrnoToStatusCode(error),
                      absl::StrFormat("it cannot be %s: %s; check the file and its rights", what,
                                      std::strerror(error)));
}

// Files from this size on are looked at before they are read.
constexpr std::size_t kBig = std::size_t{1} << 20;

absl::Status check_size(int fd, std::size_t size) {
  if (size < kBig) return absl::OkStatus();
  std::array<std::uint8_t, ElfFile::kBeginning> begin{};
  const ssize_t n = ::pread(fd, begin.data(), begin.size(), 0);
  if (n < 0) return unreadable("read", errno);
  if (static_cast<std::size_t>(n) != begin.size()) return changed();
  if (absl::Status s = ElfFile::check_beginning(begin); !s.ok()) return s;
  if (size <= kMaxPluginBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("it has %d bytes, a plugin may have %d; strip it", size, kMaxPluginBytes));
}

absl::StatusOr<std::vector<std::uint8_t>> read_all(int fd, std::size_t size) {
  std::vector<std::uint8_t> bytes;
  try {
    bytes.resize(size);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "it has %d bytes, for which this host has no memory; strip it, or give the host more",
        size));
  }
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(fd, bytes.data() + got, size - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable("read", errno);
    if (n == 0) return changed();
    got += static_cast<std::size_t>(n);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::vector<std::uint8_t>> read_stable_file(
    const std::filesystem::path& path, const std::function<void()>& while_reading) {
  // Not to wait for a writer if this is a pipe.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat before {};
  if (!fd || ::fstat(fd.get(), &before) != 0) {
    return unreadable("opened", errno);
  }
  if (!S_ISREG(before.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("expected a file, found %s; only plugins belong in a plugin directory",
                        file_kind(before.st_mode)));
  }
  if (auto s = check_writers(before, "a plugin", Identity::of_this_process()); !s.ok()) return s;
  const auto size = static_cast<std::size_t>(before.st_size);
  if (absl::Status s = check_size(fd.get(), size); !s.ok()) return s;
  auto bytes = read_all(fd.get(), size);
  if (!bytes.ok()) return bytes;
  if (while_reading) while_reading();
  struct stat after {};
  struct stat at_path {};
  if (::fstat(fd.get(), &after) != 0 || ::stat(path.c_str(), &at_path) != 0 ||
      !same_file(before, after) || !same_file(before, at_path)) {
    return changed();
  }
  return bytes;
}

}  // namespace composable::host
