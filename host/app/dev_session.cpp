#include "app/dev_session.hpp"

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/dev_host.hpp"
#include "app/unserved_plugins.hpp"
#include "crash/crash_file.hpp"
#include "crash/crash_history.hpp"
#include "observe/log.hpp"
#include "plugin/plugin_directory.hpp"
#include "runtime/clock.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamed = 3;  // of the changed sources
// How often the plugin files are checked while no host does so.
constexpr int kLookMs = 250;

std::string listed(const std::vector<std::string>& names) {
  if (names.size() <= kNamed) return absl::StrJoin(names, ", ");
  return absl::StrFormat("%s, %s, %s and %d more", names[0], names[1], names[2],
                         names.size() - kNamed);
}

std::string seconds(std::chrono::milliseconds time) {
  return absl::StrFormat("%.1f s", static_cast<double>(time.count()) / 1000);
}

// SIGHUP is ignored in a program that `nohup` started.
bool ignores_hangups() {
  struct sigaction action {};
  return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

std::initializer_list<int> ending_signals(bool outlives_terminal) {
  static constexpr std::initializer_list<int> kAll = {SIGTERM, SIGINT, SIGHUP};
  static constexpr std::initializer_list<int> kWithoutHangup = {SIGTERM, SIGINT};
  return outlives_terminal ? kWithoutHangup : kAll;
}

// A text that differs when a plugin file comes, goes or is written.
std::string plugins_in(const std::vector<std::string>& directories) {
  std::string all;
  std::error_code error;
  for (const std::string& directory : directories) {
    const auto files = scan_plugin_directory(directory);
    if (!files.ok()) continue;
    for (const fs::path& file : *files) {
      all += absl::StrFormat("%s %d %d\n", file.string(), fs::file_size(file, error),
                             fs::last_write_time(file, error).time_since_epoch().count());
    }
  }
  return all;
}

}  // namespace

DevSession::DevSession(const LoadedConfig& config, const DevProject& project)
    : config_(config),
      project_(project),
      name_(project.directory.filename().string()),
      outlives_terminal_(ignores_hangups()),
      signals_(ending_signals(outlives_terminal_)),
      terminal_(!outlives_terminal_),
      signal_fd_(::signalfd(-1, &signals_.set(), SFD_CLOEXEC | SFD_NONBLOCK)),
      built_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      build_(project.directory, project.build_directory, project.configure,
             [this](std::string_view line) { lines_.say(name_, "builds", line); }) {}

DevSession::~DevSession() {
  build_.stop();
  watch_.reset();
}

int DevSession::run() {
  if (const absl::Status status = begin(); !status.ok()) {
    log_error("host", "start_failed", {{"reason", std::string(status.message())}});
    return 1;
  }
  for (;;) {
    switch (wait()) {
      case Next::kGoOn:
        break;
      case Next::kEnd:
        return end();
      case Next::kFailed:
        return 1;
    }
  }
}

absl::Status DevSession::begin() {
  if (!signal_fd_ || !built_fd_) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s; raise the limit of open files (ulimit -n)", std::strerror(errno)));
  }
  if (!project_.builds) {
    return start_host() ? absl::OkStatus() : absl::UnavailableError("there is no host");
  }
  auto watch = SourceWatch::start(
      project_.directory,
      {.leave_out = {project_.build_directory, config_.config.data_dir},
       .begun = [this] { build({}); },
       .changed = [this](const std::vector<std::string>& changed) { build(changed); }});
  if (!watch.ok()) return watch.status();
  watch_ = *std::move(watch);
  return absl::OkStatus();
}

// --- the builds
// -----------------------------------------------------------------------------------

// The first build starts a host even when it fails: earlier plugins are served.
void DevSession::build(const std::vector<std::string>& changed) {
  if (!changed.empty()) lines_.say(name_, "changed", listed(changed));
  if (build_.is_first()) {
    lines_.say(name_, "builds", "first configuration, which takes longest: cmake --preset dev");
  }
  const BuildResult result = build_.build();
  if (result.ok) {
    lines_.say(name_, "built", seconds(result.took));
    report_unserved();
  } else {
    lines_.say(name_, "not built", "what serves stays", result.output);
  }
  if (!result.ok && !changed.empty()) return;
  const MutexLock lock(mutex_);
  built_ = true;
  ::eventfd_write(built_fd_.get(), 1);
}

void DevSession::report_unserved() {
  const std::vector<fs::path> served(config_.config.plugins.dirs.begin(),
                                     config_.config.plugins.dirs.end());
  std::error_code error;
  for (const fs::path& file : unserved_plugins(project_.build_directory, served)) {
    const auto written = fs::last_write_time(file, error);
    if (std::exchange(unserved_[file], written) == written) continue;
    lines_.say(name_, "unserved",
               absl::StrFormat("%s: built, but in no directory that is served; build it with "
                               "composable_add_plugin, or name its directory with --plugins",
                               file.lexically_relative(project_.directory).string()));
  }
}

// --- the host
// -------------------------------------------------------------------------------------

// What starts the host again, for the printed line.
std::string_view DevSession::awaited() const {
  return project_.builds ? "the next save" : "another build of a plugin";
}

DevSession::Next DevSession::wait() {
  std::vector<pollfd> fds = {{signal_fd_.get(), POLLIN, 0},
                             {built_fd_.get(), POLLIN, 0},
                             {host_ ? host_->exit_fd() : -1, POLLIN, 0}};
  const std::size_t own = fds.size();
  terminal_.append_to(fds);
  const bool looks = !host_ && served_ && !project_.builds;
  ::poll(fds.data(), fds.size(), looks ? kLookMs : -1);
  if (fds[0].revents != 0) {
    signalfd_siginfo taken;  // or it would end the process once signals are restored
    [[maybe_unused]] const ssize_t size = ::read(signal_fd_.get(), &taken, sizeof taken);
    return Next::kEnd;
  }
  for (std::size_t n = own; n < fds.size(); ++n) {
    if (TerminalWatch::has_gone(fds[n])) return Next::kEnd;
  }
  if (fds[2].revents != 0) return host_ended();
  // A running host loads the new build by itself.
  const bool wanted = host_is_wanted();
  if (!host_ && wanted && !start_host()) return Next::kFailed;
  return Next::kGoOn;
}

// After a build of the project, or of a plugin when there is no project.
bool DevSession::host_is_wanted() {
  eventfd_t ignored;
  ::eventfd_read(built_fd_.get(), &ignored);
  const MutexLock lock(mutex_);
  if (std::exchange(built_, false)) return true;
  return !project_.builds && plugins_in(config_.config.plugins.dirs) != plugins_seen_;
}

bool DevSession::start_host() {
  auto host = HostProcess::start(project_.host);
  if (!host.ok()) {
    log_error("host", "start_failed", {{"reason", std::string(host.status().message())}});
    return false;
  }
  host_began_us_ = SystemClock().unix_micros();
  host_.emplace(*std::move(host));
  return true;
}

DevSession::Next DevSession::host_ended() {
  const HostEnd end = host_->reap();
  host_.reset();
  plugins_seen_ = plugins_in(config_.config.plugins.dirs);
  const bool not_started = end.signal == 0 && end.exit_code == kDevHostNotStarted;
  if (not_started && !served_) return Next::kFailed;  // it has said why
  served_ = true;
  if (end.signal != 0) {
    report_crash(end.signal);
  } else if (not_started) {
    lines_.say("host", "not started", absl::StrFormat("see above; waits for %s", awaited()));
  } else {
    lines_.say("host", "ended",
               absl::StrFormat("with exit code %d, which dev did not ask for: a plugin called "
                               "exit(), or the process got SIGTERM; waits for %s",
                               end.exit_code, awaited()));
  }
  return Next::kGoOn;
}

void DevSession::report_crash(int signal) {
  const std::string text = read_crash_file(crash_file(config_.config.data_dir)).value_or("");
  std::string_view last = text;
  while (last.ends_with('\n')) last.remove_suffix(1);
  last = last.substr(last.rfind('\n') + 1);  // npos + 1 is 0
  const std::optional<Crash> crash = parse_crash_record(last);
  if (!crash || crash->unix_micros < host_began_us_) {
    const char* const name = ::sigabbrev_np(signal);
    lines_.say("host", "crashed",
               absl::StrFormat("SIG%s, outside any plugin call; waits for %s",
                               name == nullptr ? "?" : name, awaited()));
    return;
  }
  const std::string subject =
      crash->subject.empty() ? "" : absl::StrFormat(" of %s", crash->subject);
  lines_.say(crash->domain, "crashed",
             absl::StrFormat("%s in %s%s, build %s; waits for %s", crash->signal, crash->in,
                             subject, crash->build.substr(0, 8), awaited()));
}

int DevSession::end() {
  signals_.restore();
  build_.stop();
  if (!host_) return 0;
  host_->ask_to_end();
  return host_->reap().exit_code;
}

}  // namespace composable::host
