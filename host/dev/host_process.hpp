// A HostProcess is the host that `composable dev` has started: a child that may crash without
// ending its parent. It is asked to end when the thread that started it ends. Main thread.
#pragma once
#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/unique_fd.hpp"

namespace composable::host {

struct HostEnd {
  int exit_code = 0;  // when `signal` is 0
  int signal = 0;
};

class HostProcess {
 public:
  // Starts this program again with these arguments, in the same process group and with the same
  // standard descriptors.
  static absl::StatusOr<HostProcess> start(const std::vector<std::string>& arguments);
  // Ends it at once, when it was not reaped.
  ~HostProcess();
  HostProcess(HostProcess&& other) noexcept;
  HostProcess& operator=(HostProcess&&) = delete;

  int exit_fd() const { return exit_.get(); }  // readable: it has ended
  void ask_to_end() const;                     // SIGTERM
  // Blocks until it has ended. Once.
  HostEnd reap();

 private:
  HostProcess(pid_t pid, UniqueFd exit) : pid_(pid), exit_(std::move(exit)) {}

  pid_t pid_ = 0;  // 0: reaped
  UniqueFd exit_;
};

}  // namespace composable::host
