#include "dev/source_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/host_thread.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kInteresting =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

bool is_hidden(std::string_view name) { return name.starts_with('.') || name.ends_with('~'); }

}  // namespace

bool is_source_name(std::string_view name) {
  if (is_hidden(name)) return false;
  if (name == "CMakeLists.txt" || name == "CMakePresets.json") return true;
  static constexpr std::array<std::string_view, 18> kEndings = {
      ".c",   ".cc",  ".cpp", ".cxx", ".h",   ".hh", ".hpp", ".hxx",   ".inc",
      ".inl", ".ipp", ".tcc", ".tpp", ".def", ".S",  ".map", ".cmake", ".in"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

absl::StatusOr<std::unique_ptr<SourceWatch>> SourceWatch::start(const fs::path& project,
                                                                Options options) {
  Inotify inotify;
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!inotify || !stop) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s: the sources cannot be watched: %s; raise the limit of open files, or "
                        "fs.inotify.max_user_instances",
                        project.string(), std::strerror(errno)));
  }
  std::unique_ptr<SourceWatch> watch(
      new SourceWatch(project, std::move(inotify), std::move(stop), std::move(options)));
  if (absl::Status s = watch->watch_below(project, nullptr); !s.ok()) return s;
  watch->thread_ = start_host_thread("sources", [self = watch.get()] {
    while (!contain_exceptions("sources", [self] { self->run(); })) {
    }
  });
  return watch;
}

SourceWatch::SourceWatch(fs::path project, Inotify inotify, UniqueFd stop, Options options)
    : project_(std::move(project)),
      inotify_(std::move(inotify)),
      stop_(std::move(stop)),
      options_(std::move(options)) {}

SourceWatch::~SourceWatch() {
  ::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

bool SourceWatch::is_left_out(const fs::path& directory) const {
  if (directory != project_ && is_hidden(directory.filename().native())) return true;
  std::error_code error;
  return std::any_of(
      options_.leave_out.begin(), options_.leave_out.end(),
      [&](const fs::path& other) { return fs::equivalent(directory, other, error); });
}

absl::Status SourceWatch::watch_below(const fs::path& directory, Names* found) {
  if (is_left_out(directory)) return absl::OkStatus();
  if (directories_.size() == kMaxDirectories) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s: not watched: the project has more than %d directories; build outside "
                        "of it, or call composable dev --no-build",
                        directory.string(), kMaxDirectories));
  }
  const int watch = inotify_.add(directory.c_str(), kInteresting);
  if (watch < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return absl::OkStatus();  // gone again
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s: cannot be watched: %s; raise fs.inotify.max_user_watches",
                        directory.string(), std::strerror(errno)));
  }
  directories_[watch] = directory;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error)) {
      if (absl::Status s = watch_below(entry.path(), found); !s.ok()) return s;
    } else if (found != nullptr) {
      file_changed(entry.path(), *found);
    }
  }
  return absl::OkStatus();
}

// A directory that was moved away takes its watches with it.
void SourceWatch::forget_below(const fs::path& directory) {
  for (const auto& [watch, watched] : directories_) {
    const auto first =
        std::mismatch(directory.begin(), directory.end(), watched.begin(), watched.end());
    if (first.first == directory.end()) inotify_.remove(watch);
  }
}

void SourceWatch::add_name(const fs::path& path, Names& changed) const {
  std::string shown = path.lexically_relative(project_).string();
  if (std::find(changed.begin(), changed.end(), shown) == changed.end()) {
    changed.push_back(std::move(shown));
  }
}

// A link to a directory counts as a source: what is behind it is not watched, but the build may
// need it.
void SourceWatch::file_changed(const fs::path& path, Names& changed) const {
  std::error_code error;
  const std::string name = path.filename().native();
  const bool linked_directory = !is_hidden(name) && fs::is_symlink(path, error) &&
                                fs::is_directory(path, error) && !is_left_out(path);
  if (is_source_name(name) || linked_directory) add_name(path, changed);
}

void SourceWatch::directory_changed(const fs::path& path, std::uint32_t mask, Names& changed) {
  if (is_left_out(path)) return;
  if ((mask & IN_MOVED_FROM) != 0) {
    forget_below(path);
    add_name(path, changed);
  }
  // Files may have come into it before it was watched.
  if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) watch_below(path, &changed).IgnoreError();
}

void SourceWatch::read_events(Names& changed) {
  inotify_.read([&](const Inotify::Event& event) {
    if ((event.mask & IN_IGNORED) != 0) directories_.erase(event.watch);
    // The kernel has dropped events: anything may have changed.
    if ((event.mask & IN_Q_OVERFLOW) != 0) watch_below(project_, &changed).IgnoreError();
    const auto directory = directories_.find(event.watch);
    if (event.name.empty() || directory == directories_.end()) return;
    const fs::path path = directory->second / event.name;
    if ((event.mask & IN_ISDIR) != 0) {
      directory_changed(path, event.mask, changed);
    } else {
      file_changed(path, changed);
    }
  });
}

void SourceWatch::run() {
  if (options_.begun) options_.begun();
  Names changed;
  for (;;) {
    pollfd fds[] = {{inotify_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    const int quiet_ms = changed.empty() ? -1 : static_cast<int>(options_.quiet_period.count());
    const int ready = ::poll(fds, 2, quiet_ms);
    if (fds[1].revents != 0) return;
    if (ready > 0) {
      read_events(changed);
    } else if (ready == 0 && !changed.empty()) {
      options_.changed(std::exchange(changed, {}));
    }
  }
}

}  // namespace composable::host
