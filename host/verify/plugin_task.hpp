// A PluginTask is one piece of work on a plugin, for `inspect` and `verify`: to describe it, or to
// run one test. A child process does it, so that a plugin that crashes, hangs or ends the process
// becomes an outcome with a reason. Any thread, which blocks.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "child/frames.hpp"
#include "child/progress.hpp"
#include "verify/outcome.hpp"

namespace composable::host {

// What a description shows beyond the names of things.
struct ReportStyle {
  bool json = false;
  bool schema = false;  // the fields of the actions
  bool routes = false;  // what ends the wait of a route, and its bounds
};

struct PluginTask {
  std::filesystem::path file;
  std::string test;                 // its name; empty: describe the plugin
  std::string config = "{}";        // of its domain, JSON
  std::filesystem::path against{};  // an older build; empty: none
  std::uint64_t seed = 0;
  ReportStyle style{};
};

// A directory for the private copies of tasks; removed with this object.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }  // empty: it could not be made

 private:
  std::filesystem::path path_;
};

// Runs the task in this process. The reason of a description that passed is its text.
TestOutcome do_plugin_task(const PluginTask& task, const std::filesystem::path& directory,
                           ChildProgress& progress);

// Runs the task in a child, `program plugin-task`. A child that ends without an outcome has failed,
// and the reason names the call that was under way.
TestOutcome send_plugin_task(const PluginTask& task, const std::filesystem::path& directory,
                             const std::filesystem::path& program,
                             std::chrono::milliseconds deadline);

// The whole work of that process; the exit code: 2 when no host has started it.
int run_plugin_task_child();

}  // namespace composable::host
