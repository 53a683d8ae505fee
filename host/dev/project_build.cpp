#include "dev/project_build.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "runtime/unique_fd.hpp"

extern char** environ;  // NOLINT: POSIX's own name

namespace composable::host {
namespace {

// How often the stop flag is checked.
constexpr int kLookMs = 50;

// In a process group of its own, with both outputs into `out`. 0: errno says why not.
pid_t spawn(const std::filesystem::path& directory, const std::vector<std::string>& command,
            int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, words.front(), &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) errno = failed;
  return failed == 0 ? pid : 0;
}

}  // namespace

void ProjectBuild::stop() { stopped_.store(true); }

bool ProjectBuild::is_first() const {
  std::error_code error;
  return !std::filesystem::exists(build_directory_ / "CMakeCache.txt", error);
}

BuildResult ProjectBuild::build() {
  const auto began = Steady::now();
  shown_ = {};
  BuildResult result{.ok = true, .output = {}};
  if (is_first()) {
    std::vector<std::string> command = {"cmake", "--preset", "dev"};
    command.insert(command.end(), configure_.begin(), configure_.end());
    result = run(command, began);
  }
  if (result.ok) result = run({"cmake", "--build", "--preset", "dev"}, began);
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began);
  return result;
}

BuildResult ProjectBuild::run(const std::vector<std::string>& command, Steady::time_point began) {
  BuildResult result;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    result.output = absl::StrFormat("%s: %s\n", command.front(), std::strerror(errno));
    return result;
  }
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t pid = spawn(project_, command, writer.get());
  if (pid == 0) {
    result.output = absl::StrFormat("%s: cannot be run: %s; install it\n", command.front(),
                                    std::strerror(errno));
    return result;
  }
  writer = UniqueFd();
  std::array<char, 4096> buffer;
  bool killed = false;
  for (;;) {
    if (stopped_.load() && !std::exchange(killed, true)) ::kill(-pid, SIGTERM);
    const auto line = shown_.line_at(
        std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began));
    if (line && progress_) progress_(*line);
    pollfd output = {reader.get(), POLLIN, 0};
    if (::poll(&output, 1, kLookMs) <= 0) continue;
    const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    shown_.output({buffer.data(), static_cast<std::size_t>(got)});
    result.output.append(buffer.data(), static_cast<std::size_t>(got));
    if (result.output.size() > kMaxOutput) {
      result.output.erase(0, result.output.size() - kMaxOutput);
    }
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return result;
}

}  // namespace composable::host
