// A HostApp is the host as the verbs of the command line use it. host/app implements it; tests
// have their own. Main thread.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/report.hpp"
#include "config/load.hpp"
#include "verify/inspect.hpp"
#include "verify/verify.hpp"

namespace composable::host {

// The answer of a running host's admin listener.
struct HostAnswer {
  unsigned status = 0;  // HTTP
  std::string body;
};

// What `composable dev` works on.
struct DevProject {
  std::filesystem::path directory;
  std::filesystem::path build_directory;
  std::vector<std::string> configure;  // arguments of its first step
  bool builds = true;                  // else only what others build is served
  std::vector<std::string> host;       // arguments of the process that serves, its verb first
};

class HostApp {
 public:
  virtual ~HostApp() = default;
  // Serves until SIGTERM or SIGINT; the exit code.
  virtual int run(const LoadedConfig& config) = 0;
  // Builds the project whenever one of its sources changes, and serves the result in a child
  // process.
  virtual int dev(const LoadedConfig& config, const DevProject& project) = 0;
  // The work of that process; the exit code.
  virtual int dev_host(const LoadedConfig& config) = 0;
  // These two load everything and serve nothing.
  virtual CheckReport check(const LoadedConfig& config, bool replay) = 0;  // and evolves the log
  virtual RoutesReport routes(const LoadedConfig& config) = 0;
  // Sends a request to the host that runs with this data directory.
  virtual absl::StatusOr<HostAnswer> ask_host(const LoadedConfig& config, std::string_view method,
                                              std::string_view target, std::string_view accept) = 0;
  // Tries a plugin for the host that has started this process. The exit code.
  virtual int canary() = 0;
  // These work on one plugin file, in child processes, each of which runs one plugin task.
  virtual Inspection inspect(const InspectRequest& request) = 0;
  virtual void verify(const VerifyRequest& request, const TestDone& done) = 0;
  virtual void list_tests(const TestListed& each) = 0;
  virtual int plugin_task() = 0;
};

}  // namespace composable::host
