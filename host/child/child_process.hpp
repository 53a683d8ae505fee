// A ChildProcess is a child of this executable with a channel to it, which is killed at its
// deadline. The canary and host/verify use it, on the caller's thread. It is started with
// posix_spawn, so a large host is not copied.
#pragma once
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "child/frames.hpp"
#include "child/progress.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

// How it ended.
struct ChildEnd {
  bool at_deadline = false;  // it was killed then
  int signal = 0;            // else: that ended it; 0: it exited
  int exit_code = 0;
  ChildProgress progress{};  // what it was about to do
  std::int64_t in_step_us = 0;
  std::string wrote;  // the end of its standard output and error
};

class ChildProcess {
 public:
  // Starts `program verb` in a process group of its own, with no file descriptor but the channel,
  // the page of its progress, and its standard output and error, which are read here.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> start(
      const std::filesystem::path& program, std::string verb, std::chrono::milliseconds deadline,
      const std::atomic<bool>* given_up = nullptr);
  ~ChildProcess();  // ends it
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Both block until the deadline at most, and read meanwhile what the process writes.
  //
  // False when the child takes no more: it has ended, has sent a frame, or its time is over.
  bool send(std::string_view bytes);
  // The next frame, valid until the next call of anything; nothing when none will come.
  std::optional<Frame> receive();

  // Kills it with all processes of its group, and waits for its end.
  ChildEnd end();

 private:
  ChildProcess() = default;

  bool wait(bool to_send);  // false: its time is over
  void read_channel();
  void read_output();
  bool frame_is_there();

  pid_t pid_ = -1;  // -1: ended
  UniqueFd channel_, output_, exit_;
  ChildProgress* progress_ = nullptr;
  std::chrono::steady_clock::time_point deadline_;
  FrameStream stream_;
  std::optional<Frame> frame_;
  const std::atomic<bool>* given_up_ = nullptr;  // once true, its time is over
  bool channel_open_ = true;
  bool output_open_ = true;
  bool exited_ = false;
  bool at_deadline_ = false;
  std::string wrote_;
};

}  // namespace composable::host
