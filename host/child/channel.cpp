#include "child/channel.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace composable::host {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

// The host has ended, or sends a frame that this build does not know: there is no one to answer.
[[noreturn]] void give_up() { ::_exit(1); }

// A crash must end this process at once, with its signal and without a report.
void crash_plainly() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    std::signal(signal, SIG_DFL);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
}

}  // namespace

std::optional<ParentChannel> ParentChannel::find() {
  struct stat channel {};
  if (::fstat(kChildChannel, &channel) != 0 || !S_ISSOCK(channel.st_mode)) return std::nullopt;
  void* page =
      ::mmap(nullptr, sizeof(ChildProgress), PROT_READ | PROT_WRITE, MAP_SHARED, kChildProgress, 0);
  if (page == MAP_FAILED) return std::nullopt;
  ::fcntl(kChildChannel, F_SETFD, FD_CLOEXEC);
  ::close(kChildProgress);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  crash_plainly();
  return ParentChannel(static_cast<ChildProgress*>(page));
}

Frame ParentChannel::receive() {
  Frame frame;
  for (;;) {
    switch (stream_.next(frame)) {
      case FrameStream::Next::kFrame:
        return frame;
      case FrameStream::Next::kTooLong:
        give_up();
      case FrameStream::Next::kMore:
        read_more();
    }
  }
}

void ParentChannel::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(kChildChannel, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) give_up();
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void ParentChannel::read_more() {
  progress_->enter(ChildProgress::kWaiting);
  char* const space = stream_.reserve(kReadSize);
  ssize_t got = 0;
  do got = ::recv(kChildChannel, space, kReadSize, 0);
  while (got < 0 && errno == EINTR);
  if (got <= 0) give_up();
  stream_.filled(static_cast<std::size_t>(got));
}

}  // namespace composable::host
