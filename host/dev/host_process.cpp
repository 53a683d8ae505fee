#include "dev/host_process.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

constexpr int kNotStarted = 127;  // the exit code, as a shell has it

// In the child. Only async-signal-safe calls. From here on the child is signalled when its parent
// ends, and it checks whether that has happened already.
[[noreturn]] void become_host(pid_t parent, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kNotStarted);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv("/proc/self/exe", arguments);
  ::_exit(kNotStarted);
}

}  // namespace

absl::StatusOr<HostProcess> HostProcess::start(const std::vector<std::string>& arguments) {
  std::vector<char*> words = {const_cast<char*>("composable")};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become_host(parent, words.data());
  if (pid < 0) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "the host's process cannot be started: %s; raise the limit of processes (ulimit -u)",
        std::strerror(errno)));
  }
  HostProcess process(pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  if (!process.exit_) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("the end of the host's process cannot be awaited: %s; raise the limit of "
                        "open files (ulimit -n)",
                        std::strerror(errno)));
  }
  return process;
}

HostProcess::HostProcess(HostProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), exit_(std::move(other.exit_)) {}

HostProcess::~HostProcess() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

void HostProcess::ask_to_end() const { ::kill(pid_, SIGTERM); }

HostEnd HostProcess::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return WIFSIGNALED(status) ? HostEnd{.exit_code = 0, .signal = WTERMSIG(status)}
                             : HostEnd{.exit_code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace composable::host
