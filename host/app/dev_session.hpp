// A DevSession runs `composable dev`: it builds a project, serves the result in a child process,
// and builds again whenever a source changes, with a line for each step. A plugin that crashes
// ends the child, which is started again after the next build. Main thread, unless a function says
// otherwise.
#pragma once
#include <poll.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/dev_lines.hpp"
#include "app/signals.hpp"
#include "cli/host_app.hpp"
#include "config/load.hpp"
#include "dev/host_process.hpp"
#include "dev/project_build.hpp"
#include "dev/source_watch.hpp"
#include "dev/terminal_watch.hpp"
#include "runtime/mutex.hpp"
#include "runtime/unique_fd.hpp"

namespace composable::host {

class DevSession {
 public:
  // Both outlive this.
  DevSession(const LoadedConfig& config, const DevProject& project);
  ~DevSession();

  // Runs until SIGTERM, SIGINT or SIGHUP, or until its output can no longer be seen. Returns the
  // exit code.
  int run();

 private:
  enum class Next : std::uint8_t { kGoOn, kEnd, kFailed };

  absl::Status begin();
  void build(const std::vector<std::string>& changed);  // [watcher]
  void report_unserved();                               // [watcher]
  std::string_view awaited() const;
  Next wait();
  bool host_is_wanted();
  bool start_host();
  Next host_ended();
  void report_crash(int signal);
  int end();

  const LoadedConfig& config_;
  const DevProject& project_;
  const std::string name_;  // of the project
  const bool outlives_terminal_;
  Signals signals_;
  const TerminalWatch terminal_;
  const UniqueFd signal_fd_, built_fd_;
  DevLines lines_;
  ProjectBuild build_;
  std::unique_ptr<SourceWatch> watch_;
  std::map<std::filesystem::path, std::filesystem::file_time_type> unserved_;  // [watcher] reported

  Mutex mutex_;
  bool built_ ABSL_GUARDED_BY(mutex_) = false;  // something new to serve

  std::optional<HostProcess> host_;
  std::int64_t host_began_us_ = 0;  // Unix time
  bool served_ = false;             // a host has begun to serve
  std::string plugins_seen_;        // while no host runs: the plugins when the last one ended
};

}  // namespace composable::host
