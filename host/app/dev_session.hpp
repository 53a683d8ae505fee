// `composable dev`: builds a project, serves what comes of it, and does both again whenever a
// source changes, with a line for each step. Main thread, but for what says otherwise.
#pragma once
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/serving.hpp"
#include "cli/host_app.hpp"
#include "config/load.hpp"
#include "dev/project_build.hpp"
#include "dev/source_watch.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class DevSession {
 public:
  // Both outlive this.
  DevSession(const LoadedConfig& config, const DevProject& project);
  ~DevSession();

  // Serves once the project has been built, or could not be. An error: the host cannot serve.
  absl::Status start();
  // As Serving::stop().
  std::size_t stop();
  void reload_all(std::string_view trigger) { serving_.reload_all(trigger); }

 private:
  void build(const std::vector<std::string>& changed);  // [main until it serves, then watch]
  void tell(const GenerationRecord& record);            // [any]
  // [any] One line with the time in front, and what the compiler says below it.
  void say(std::string_view who, std::string_view what, std::string_view more,
           std::string_view below = {});

  const LoadedConfig& config_;
  const DevProject& project_;
  ProjectBuild build_;
  Mutex mutex_;
  Serving serving_;
  std::unique_ptr<SourceWatch> watch_;
};

}  // namespace composable::host
