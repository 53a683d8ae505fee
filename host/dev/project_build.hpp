// Builds a project by its CMake preset `dev`, as its author would by hand. Used by `composable
// dev`, on one thread at a time, which it blocks.
#pragma once
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace composable::host {

struct BuildResult {
  bool ok = false;
  std::string output;  // of the compiler and of CMake, its end when it is long
  std::chrono::milliseconds took{};
};

class ProjectBuild {
 public:
  static constexpr std::size_t kMaxOutput = 64 * 1024;

  // `configure` are further arguments of the first step, such as where Composable is installed.
  ProjectBuild(std::filesystem::path project, std::filesystem::path build_directory,
               std::vector<std::string> configure)
      : project_(std::move(project)),
        build_directory_(std::move(build_directory)),
        configure_(std::move(configure)) {}

  // Configures first when that was not done, or did not work.
  BuildResult build();
  // [any] Ends a build that is under way, and every later one at once.
  void stop();

 private:
  BuildResult run(const std::vector<std::string>& command);

  const std::filesystem::path project_, build_directory_;
  const std::vector<std::string> configure_;
  std::atomic<bool> stopped_{false};
};

}  // namespace composable::host
