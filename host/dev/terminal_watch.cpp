#include "dev/terminal_watch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace composable::host {
namespace {

bool has_reader(int fd) {
  struct stat found {};
  return ::fstat(fd, &found) == 0 && (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode));
}

}  // namespace

TerminalWatch::TerminalWatch(bool terminal) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::isatty(fd) == 1 || (fd == STDOUT_FILENO && has_reader(fd))) descriptors_.push_back(fd);
  }
  if (terminal) terminal_ = UniqueFd(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC));
}

void TerminalWatch::append_to(std::vector<pollfd>& fds) const {
  for (const int fd : descriptors_) fds.push_back({fd, 0, 0});
  if (terminal_) fds.push_back({terminal_.get(), 0, 0});
}

}  // namespace composable::host
