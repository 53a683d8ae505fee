// A TerminalWatch tells whether a program's output can still be seen: its terminal is open, and
// the pipe or socket that is its standard output has a reader. Main thread.
#pragma once
#include <poll.h>

#include <vector>

#include "runtime/unique_fd.hpp"

namespace composable::host {

class TerminalWatch {
 public:
  // With `terminal`, the controlling terminal counts although no standard descriptor may be one; a
  // program that was started to outlive it (nohup) leaves that out.
  explicit TerminalWatch(bool terminal);

  // For poll(), which answers when one of them has been hung up.
  void append_to(std::vector<pollfd>& fds) const;
  // Of what poll() has answered to these.
  static bool has_gone(const pollfd& fd) { return (fd.revents & (POLLHUP | POLLERR)) != 0; }

 private:
  std::vector<int> descriptors_;  // standard ones
  UniqueFd terminal_;
};

}  // namespace composable::host
