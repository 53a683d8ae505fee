#include "plugin/watcher.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/host_thread.hpp"
#include "plugin/build_identity.hpp"
#include "plugin/plugin_directory.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

// Of files that were touched and not yet looked at; a directory holds kMaxPluginsPerDirectory.
constexpr std::size_t kMaxPending = 4 * kMaxPluginsPerDirectory;

bool is_there(const fs::path& file) {
  struct stat ignored {};
  return ::lstat(file.c_str(), &ignored) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Watcher>> Watcher::start(std::vector<fs::path> directories,
                                                        const std::vector<KnownFile>& known,
                                                        Options options) {
  auto watch = DirectoryWatch::open(std::move(directories), options.add_watch);
  if (!watch.ok()) return watch.status();
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("plugin directories cannot be watched: %s; raise the limit of open files",
                        std::strerror(errno)));
  }
  return std::unique_ptr<Watcher>(
      new Watcher(*std::move(watch), std::move(stop), known, std::move(options)));
}

Watcher::Watcher(DirectoryWatch watch, UniqueFd stop, const std::vector<KnownFile>& known,
                 Options options)
    : watch_(std::move(watch)),
      stop_(std::move(stop)),
      options_(std::move(options)),
      problems_(watch_.directories().size()),
      was_away_(watch_.directories().size()) {
  const auto& directories = watch_.directories();
  for (const KnownFile& file : known) {
    for (std::size_t i = 0; i < directories.size(); ++i) {
      if (directories[i] / file.file.filename() != file.file) continue;
      known_[{i, file.file.filename()}] = file.build;
      break;
    }
  }
  thread_ = start_host_thread("watcher", [this] {
    while (!contain_exceptions("watcher", [this] { run(); })) start_over();
  });
}

Watcher::~Watcher() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void Watcher::run() {
  const Time begin = SteadyClock::now();
  for (std::size_t i = 0; i < problems_.size(); ++i) report(i, watch_directory(i));
  was_away_.assign(problems_.size(), false);
  read_all_directories(begin);  // after they are watched: nothing can be missed
  for (;;) {
    look_at_what_is_due();
    pollfd fds[] = {{stop_.get(), POLLIN, 0}, {watch_.fd(), POLLIN, 0}};
    ::poll(fds, 2, milliseconds_to_sleep());
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) watch_.read([this](const auto& event) { take(event); });
    watch_missing();
  }
}

// An exception has ended a step anywhere: the pending checks are no longer known.
void Watcher::start_over() {
  pending_.clear();
  pollfd stop{stop_.get(), POLLIN, 0};
  ::poll(&stop, 1, static_cast<int>(options_.retry.count()));
}

// -1: until something happens.
int Watcher::milliseconds_to_sleep() const {
  Time wake = Time::max();
  for (const auto& [place, pending] : pending_) wake = std::min(wake, pending.due);
  for (std::size_t i = 0; i < problems_.size(); ++i) {
    if (!watch_.watching(i) || watch_.needs_looks(i)) wake = std::min(wake, next_try_);
  }
  if (wake == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 60'000));
}

// --- what happened ------------------------------------------------------------------------------

void Watcher::take(const DirectoryWatch::Event& event) {
  using What = DirectoryWatch::What;
  const Time due = SteadyClock::now() + options_.quiet_period;
  if (event.what == What::kLost) return read_all_directories(due);
  if (event.what == What::kDirectory) {
    report(event.directory, watch_directory(event.directory));
    return read_directory(event.directory, due);
  }
  if (!is_plugin_name(event.name)) return;
  const Place place{event.directory, event.name};
  switch (event.what) {
    case What::kComplete:
      return expect(place, true, due);
    case What::kGone:
      return expect(place, false, due);
    default: {  // rights matter to a file that could not be read
      const auto known = known_.find(place);
      if (known != known_.end() && known->second.empty()) expect(place, true, due);
    }
  }
}

// A file that is touched again and again is still read after a while.
void Watcher::expect(Place place, bool complete, Time due) {
  const auto found = pending_.find(place);
  if (found == pending_.end()) {
    if (pending_.size() == kMaxPending * problems_.size()) {
      overfull_ = true;
      return;
    }
    pending_.emplace(std::move(place), Pending{SteadyClock::now(), due, complete});
    return;
  }
  Pending& pending = found->second;
  pending.complete = complete;
  pending.due = std::min(due, pending.since + options_.patience);
}

// --- directories --------------------------------------------------------------------------------

absl::Status Watcher::watch_directory(std::size_t directory) {
  const auto changed = watch_.refresh(directory);
  if (changed.value_or(false)) was_away_[directory] = true;
  const absl::Status usable = check_directory(directory);
  return usable.ok() ? changed.status() : usable;
}

// Nothing is known of the files of a missing directory: its domains keep serving.
absl::Status Watcher::check_directory(std::size_t directory) {
  const fs::path& path = watch_.directories()[directory];
  const absl::Status usable = check_plugin_directory(path);
  if (!absl::IsNotFound(usable)) return usable;
  was_away_[directory] = true;
  return absl::NotFoundError(
      absl::StrFormat("%s: the plugin directory is missing; its domains keep serving, and its "
                      "files are compared when it is back",
                      path.string()));
}

void Watcher::watch_missing() {
  const Time now = SteadyClock::now();
  if (now < next_try_) return;
  next_try_ = now + options_.retry;
  for (std::size_t i = 0; i < problems_.size(); ++i) {
    if (watch_.watching(i) && !watch_.needs_looks(i)) continue;
    report(i, watch_directory(i));
    if (was_away_[i] && watch_.watching(i)) read_directory(i, now);
  }
}

void Watcher::read_all_directories(Time due) {
  for (std::size_t i = 0; i < problems_.size(); ++i) read_directory(i, due);
}

void Watcher::read_directory(std::size_t directory, Time due) {
  if (check_directory(directory).code() == absl::StatusCode::kNotFound) return;
  // A directory that has come just now may be about to be filled.
  const bool refilled = was_away_[directory];
  was_away_[directory] = false;
  for (auto it = known_.lower_bound({directory, {}});
       it != known_.end() && it->first.directory == directory; ++it) {
    const bool may_come = refilled && !is_there(path_of(it->first));
    expect(it->first, true, may_come ? SteadyClock::now() + options_.patience : due);
  }
  if (watch_.repeats(directory)) return;
  const auto files = scan_plugin_directory(watch_.directories()[directory]);
  if (!files.ok()) return report(directory, files.status());
  for (const fs::path& file : *files) expect({directory, file.filename()}, true, due);
}

void Watcher::report(std::size_t directory, const absl::Status& status) {
  std::string text(status.message());
  if (problems_[directory] == text) return;
  problems_[directory] = std::move(text);
  if (options_.problem) options_.problem(status);
}

// --- files --------------------------------------------------------------------------------------

void Watcher::look_at_what_is_due() {
  std::vector<PluginChange> changes;
  const Time now = SteadyClock::now();
  for (auto it = pending_.begin(); it != pending_.end();) {
    if (it->second.due > now) {
      ++it;
    } else if (look(it->first, it->second, changes)) {
      it = pending_.erase(it);
    } else {  // less and less often
      it->second.due =
          now + std::max<SteadyClock::duration>(options_.quiet_period, now - it->second.since);
      ++it;
    }
  }
  if (overfull_ && pending_.empty()) {
    overfull_ = false;
    read_all_directories(now + options_.quiet_period);
  }
  if (!changes.empty() && options_.changed) options_.changed(std::move(changes));
}

// False: look again later.
bool Watcher::look(const Place& place, const Pending& pending, std::vector<PluginChange>& changes) {
  const fs::path file = path_of(place);
  if (const absl::Status usable = check_directory(place.directory); !usable.ok()) {
    report(place.directory, usable);
    return true;
  }
  watch_.follow(place.directory, place.name);  // before it is read: nothing can be missed
  if (!pending.complete) {
    // Its writer closes it in the end, which is an event of its own.
    if (!is_there(file)) gone(place, changes);
    return true;
  }
  const bool may_wait = SteadyClock::now() < pending.since + options_.patience;
  auto build = file_identity(file, may_wait ? Incomplete::kRefuse : Incomplete::kTake);
  if (absl::IsDataLoss(build.status())) return false;
  if (absl::IsNotFound(build.status())) {
    gone(place, changes);
  } else {
    found(place, *std::move(build), changes);
  }
  return true;
}

void Watcher::forget(const fs::path& file) {
  const MutexLock lock(mutex_);
  if (std::find(forgotten_.begin(), forgotten_.end(), file) == forgotten_.end()) {
    forgotten_.push_back(file);
  }
}

bool Watcher::was_forgotten(const fs::path& file) {
  const MutexLock lock(mutex_);
  return std::erase(forgotten_, file) != 0;
}

void Watcher::found(const Place& place, std::string build, std::vector<PluginChange>& changes) {
  const auto known = known_.find(place);
  const bool forgotten = was_forgotten(path_of(place));
  if (!forgotten && known != known_.end() && known->second == build) return;
  if (known == known_.end() && known_.size() == kMaxPending * problems_.size()) {
    return report(place.directory, absl::ResourceExhaustedError(absl::StrFormat(
                                       "%s: not noticed: %d plugin files are known; use fewer",
                                       path_of(place).string(), known_.size())));
  }
  known_[place] = build;
  changes.push_back({path_of(place), PluginChange::Kind::kWritten, std::move(build)});
}

void Watcher::gone(const Place& place, std::vector<PluginChange>& changes) {
  if (known_.erase(place) == 0) return;
  changes.push_back({path_of(place), PluginChange::Kind::kRemoved, {}});
}

fs::path Watcher::path_of(const Place& place) const {
  return watch_.directories()[place.directory] / place.name;
}

}  // namespace composable::host
