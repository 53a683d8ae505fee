// inspect_plugin describes a plugin file to its author: what the file declares, what keeps it from
// being reloaded, and what its tables hold. `composable inspect` prints it. Any thread; blocks.
#pragma once
#include <chrono>
#include <filesystem>
#include <string>

#include "verify/plugin_task.hpp"

namespace composable::host {

struct InspectRequest {
  std::filesystem::path file;
  std::string config = "{}";  // of its domain, JSON
  ReportStyle style{};
  std::filesystem::path program =
      "/proc/self/exe";  // whose verb `plugin-task` is run_plugin_task_child()
  std::chrono::milliseconds deadline{10'000};
};

struct Inspection {
  std::string text;     // as far as the file could be read; JSON is always complete
  std::string refusal;  // begins with the file; empty: it can be loaded

  bool ok() const { return refusal.empty(); }
};

// Runs the plugin's code in a child process.
Inspection inspect_plugin(const InspectRequest& request);

}  // namespace composable::host
