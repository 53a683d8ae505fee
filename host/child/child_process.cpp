#include "child/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

// How often `given_up` is checked.
constexpr int kLookMs = 100;

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kMaxWrote = 4 * 1024;
constexpr int kFirstFree = kChildProgress + 1;  // of the child's file descriptors

absl::Status cannot(std::string_view what, int error) {
  return absl::UnavailableError(absl::StrFormat("%s: %s", what, std::strerror(error)));
}

// `fd` under a number that the child gives to nothing else.
UniqueFd out_of_the_way(UniqueFd fd) {
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstFree));
}

// What the child gets.
struct ChildEnds {
  UniqueFd channel, output, progress;
};

class SpawnPlan {
 public:
  explicit SpawnPlan(const ChildEnds& ends) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, ends.output.get(), 1);
    ::posix_spawn_file_actions_adddup2(&files_, ends.output.get(), 2);
    ::posix_spawn_file_actions_adddup2(&files_, ends.channel.get(), kChildChannel);
    ::posix_spawn_file_actions_adddup2(&files_, ends.progress.get(), kChildProgress);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, kFirstFree);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int spawn(const char* program, std::string& verb, pid_t& pid) const {
    char name[] = "composable";
    char* const arguments[] = {name, verb.data(), nullptr};
    return ::posix_spawn(&pid, program, &files_, &attributes_, arguments, environ);
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::start(
    const std::filesystem::path& program, std::string verb, std::chrono::milliseconds deadline,
    const std::atomic<bool>* given_up) {
  std::unique_ptr<ChildProcess> process(new ChildProcess);
  process->given_up_ = given_up;
  process->deadline_ = SteadyClock::now() + deadline;

  int channel[2], output[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
    return cannot("no socket for the child process", errno);
  }
  process->channel_ = UniqueFd(channel[0]);
  ChildEnds ends{.channel = out_of_the_way(UniqueFd(channel[1])), .output = {}, .progress = {}};
  if (::pipe2(output, O_CLOEXEC) != 0) return cannot("no pipe for the child process", errno);
  process->output_ = UniqueFd(output[0]);
  ends.output = out_of_the_way(UniqueFd(output[1]));
  ends.progress = out_of_the_way(UniqueFd(::memfd_create("composable-child", MFD_CLOEXEC)));
  if (!ends.channel || !ends.output || !ends.progress ||
      ::ftruncate(ends.progress.get(), sizeof(ChildProgress)) != 0) {
    return cannot("no file descriptors for the child process", errno);
  }
  ::fcntl(process->output_.get(), F_SETFL, O_NONBLOCK);
  void* page =
      ::mmap(nullptr, sizeof(ChildProgress), PROT_READ, MAP_SHARED, ends.progress.get(), 0);
  if (page == MAP_FAILED) return cannot("no memory for the child process", errno);
  process->progress_ = static_cast<ChildProgress*>(page);

  const int error = SpawnPlan(ends).spawn(program.c_str(), verb, process->pid_);
  if (error != 0) {
    process->pid_ = -1;
    return cannot(absl::StrFormat("%s cannot be started", program.string()), error);
  }
  process->exit_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process->pid_, 0)));
  if (!process->exit_) return cannot("the child process's end cannot be awaited", errno);
  return process;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) end();
  if (progress_ != nullptr) ::munmap(progress_, sizeof *progress_);
}

bool ChildProcess::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!channel_open_ || exited_ || frame_is_there()) return false;
    const ssize_t sent =
        ::send(channel_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait(true)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::optional<Frame> ChildProcess::receive() {
  while (!frame_is_there()) {
    if (exited_ || !wait(false)) return std::nullopt;
  }
  return std::exchange(frame_, std::nullopt);
}

bool ChildProcess::frame_is_there() {
  if (frame_) return true;
  Frame next;
  switch (stream_.next(next)) {
    case FrameStream::Next::kFrame:
      frame_ = next;
      return true;
    case FrameStream::Next::kTooLong:  // nothing after it can be understood
      channel_open_ = false;
      return false;
    default:
      return false;
  }
}

// Waits until something can be done, and reads what has come. After the child's exit it reads the
// rest.
bool ChildProcess::wait(bool to_send) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - SteadyClock::now()).count();
  if (left <= 0 || (given_up_ != nullptr && given_up_->load(std::memory_order_relaxed))) {
    at_deadline_ = true;
    return false;
  }
  const short channel_events = to_send ? POLLIN | POLLOUT : POLLIN;
  pollfd fds[] = {{channel_open_ ? channel_.get() : -1, channel_events, 0},
                  {output_open_ ? output_.get() : -1, POLLIN, 0},
                  {exit_.get(), POLLIN, 0}};
  ::poll(fds, 3, static_cast<int>(std::min<decltype(left)>(left, kLookMs)));
  exited_ = fds[2].revents != 0;
  if (exited_ || fds[0].revents != 0) read_channel();
  if (exited_ || fds[1].revents != 0) read_output();
  return true;
}

void ChildProcess::read_channel() {
  while (channel_open_ && !frame_is_there()) {
    char* const space = stream_.reserve(kReadSize);
    const ssize_t got = ::recv(channel_.get(), space, kReadSize, MSG_DONTWAIT);
    stream_.filled(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) channel_open_ = false;
  }
}

void ChildProcess::read_output() {
  char buffer[4096];
  for (int i = 0; i < 64; ++i) {  // a bound, or one that only writes would never be stopped
    const ssize_t got = ::read(output_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      output_open_ = false;
      return;
    }
    wrote_.append(buffer, static_cast<std::size_t>(got));
    if (wrote_.size() > kMaxWrote) wrote_.erase(0, wrote_.size() - kMaxWrote);
  }
}

ChildEnd ChildProcess::end() {
  ::kill(-pid_, SIGKILL);  // while its number is its own, so before it is reaped
  siginfo_t how{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED) != 0 && errno == EINTR) {
  }
  pid_ = -1;
  read_output();

  ChildEnd end;
  end.at_deadline = at_deadline_;
  if (how.si_code == CLD_EXITED) {
    end.exit_code = how.si_status;
  } else {
    end.signal = how.si_status;
  }
  end.progress = *progress_;
  end.progress.type_size =
      std::min<std::uint32_t>(end.progress.type_size, sizeof end.progress.type);
  end.progress.stream_size =
      std::min<std::uint32_t>(end.progress.stream_size, sizeof end.progress.stream);
  end.in_step_us = machine_micros() - end.progress.since_us;
  end.wrote = std::move(wrote_);
  return end;
}

}  // namespace composable::host
