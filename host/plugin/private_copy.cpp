#include "plugin/private_copy.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "runtime/file_kind.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr char kLockName[] = ".lock";
constexpr char kHostPrefix[] = "host-";
constexpr std::chrono::milliseconds kBetweenTries{20};

absl::Status failed(const fs::path& path, std::string_view what, int error) {
  return absl::UnavailableError(
      absl::StrFormat("%s: %s: %s; check the data directory, its rights and the room on its disk",
                      path.string(), what, std::strerror(error)));
}

// Makes the directory, or finds it to be this user's alone.
absl::Status make_private(const fs::path& path) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  if (::mkdir(path.c_str(), 0700) == 0) return absl::OkStatus();
  if (errno != EEXIST) return failed(path, "the run directory cannot be made", errno);
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    return failed(path, "the run directory cannot be examined", errno);
  }
  if (!S_ISDIR(found.st_mode)) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the run directory is %s; move it away", path.string(), file_kind(found.st_mode)));
  }
  if (found.st_uid != ::geteuid() || (found.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the run directory belongs to user %d with mode %04o, it must be of user %d with mode "
        "0700; remove it",
        path.string(), found.st_uid, found.st_mode & 07777, ::geteuid()));
  }
  return absl::OkStatus();
}

absl::Status check_mappable(const fs::path& path) {
  struct statvfs mount {};
  if (::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the run directory is on a file system mounted noexec, from which no code can be "
        "mapped; use another data directory",
        path.string()));
  }
  return absl::OkStatus();
}

// Opens the lock file of `directory` and takes it; empty when it cannot be had.
UniqueFd take_lock(const fs::path& directory, int operation) {
  UniqueFd fd(
      ::open((directory / kLockName).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return {};
  while (::flock(fd.get(), operation) != 0) {
    if (errno != EINTR) return {};
  }
  return fd;
}

// The process that holds the lock on `file`, out of the kernel's list; 0: it is not there, or of
// another machine.
pid_t holder_of(const fs::path& file) {
  struct stat wanted {};
  if (::stat(file.c_str(), &wanted) != 0) return 0;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, mode, access, inode;
    pid_t pid = 0;
    words >> number >> kind >> mode >> access >> pid >>
        inode;  // 1: FLOCK ADVISORY WRITE 17 08:01:9
    if (kind == "FLOCK" && inode.ends_with(absl::StrFormat(":%d", wanted.st_ino))) return pid;
  }
  return 0;
}

// Takes the parent's lock, which is held for moments only, unless its holder is stuck.
absl::StatusOr<UniqueFd> take_turn(const fs::path& parent, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (bool logged = false;; logged = true) {
    UniqueFd lock = take_lock(parent, LOCK_EX | LOCK_NB);
    if (lock) return lock;
    if (errno != EWOULDBLOCK) return failed(parent, "the run directory cannot be locked", errno);
    const fs::path file = parent / kLockName;
    const pid_t pid = holder_of(file);
    const std::string holder =
        pid == 0 ? "a process that cannot be seen" : absl::StrFormat("process %d", pid);
    if (std::chrono::steady_clock::now() >= until) {
      return absl::UnavailableError(
          absl::StrFormat("%s: held by %s for more than %d ms, while a host may hold it for a "
                          "moment only; end that "
                          "process, or give this host another data directory",
                          file.string(), holder, patience.count()));
    }
    if (!logged) {
      log_warn("plugins", "waiting_for_lock",
               {{"file", file.string()}, {"held_by", holder}, {"at_most_ms", patience.count()}});
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
}

// Called with the parent's lock, so that no directory is met before its host has locked it.
void remove_dead_hosts(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    const bool is_host = it->path().filename().string().starts_with(kHostPrefix);
    if (!is_host || it->is_symlink(error) || !it->is_directory(error)) continue;
    if (take_lock(it->path(), LOCK_EX | LOCK_NB)) fs::remove_all(it->path(), error);
    error.clear();
  }
}

absl::Status write_file(const fs::path& path, std::span<const std::uint8_t> bytes) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500));
  if (!fd) return failed(path, "the private copy cannot be made", errno);
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::unlink(path.c_str());
      return failed(path, "the private copy cannot be written", error);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return absl::OkStatus();
}

}  // namespace

PrivateCopy::PrivateCopy(fs::path path, std::uint64_t generation)
    : path_(std::move(path)), generation_(generation) {}

PrivateCopy::PrivateCopy(PrivateCopy&& other) noexcept
    : path_(std::exchange(other.path_, {})), generation_(other.generation_) {}

PrivateCopy& PrivateCopy::operator=(PrivateCopy&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(generation_, other.generation_);
  return *this;
}

PrivateCopy::~PrivateCopy() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

RunDirectory::RunDirectory(fs::path path, UniqueFd lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

RunDirectory::~RunDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

absl::StatusOr<std::unique_ptr<RunDirectory>> RunDirectory::open(
    const fs::path& parent, std::chrono::milliseconds patience) {
  const fs::path base = fs::absolute(parent);
  if (auto s = make_private(base); !s.ok()) return s;
  if (auto s = check_mappable(base); !s.ok()) return s;
  const absl::StatusOr<UniqueFd> arriving = take_turn(base, patience);
  if (!arriving.ok()) return arriving.status();
  remove_dead_hosts(base);

  // A second host of this process, or one whose namespace gives it the same number, takes the next.
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string number = attempt == 0 ? "" : absl::StrFormat(".%d", attempt);
    const fs::path own = base / absl::StrFormat("%s%d%s", kHostPrefix, ::getpid(), number);
    if (::mkdir(own.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      return failed(own, "the run directory cannot be made", errno);
    }
    UniqueFd lock = take_lock(own, LOCK_EX | LOCK_NB);
    if (!lock) return failed(own, "the run directory cannot be locked", errno);
    return std::unique_ptr<RunDirectory>(new RunDirectory(own, std::move(lock)));
  }
  return absl::ResourceExhaustedError(absl::StrFormat(
      "%s: 100 run directories of process %d are there; remove them", base.string(), ::getpid()));
}

absl::StatusOr<PrivateCopy> RunDirectory::write(std::string_view name, std::string_view identity,
                                                std::span<const std::uint8_t> bytes) {
  std::uint64_t generation = 0;
  {
    const MutexLock lock(mutex_);
    generation = ++generations_[std::string(name)];
  }
  const fs::path path =
      path_ / absl::StrFormat("%s.%d.%s.so", name, generation, identity.substr(0, 8));
  if (auto s = write_file(path, bytes); !s.ok()) return s;
  return PrivateCopy(path, generation);
}

}  // namespace composable::host
