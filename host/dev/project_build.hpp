// A ProjectBuild builds a project with its CMake preset `dev`. `composable dev` uses it, on one
// thread at a time, which blocks.
#pragma once
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dev/build_progress.hpp"

namespace composable::host {

struct BuildResult {
  bool ok = false;
  std::string output;  // of the compiler and of CMake, its end when it is long
  std::chrono::milliseconds took{};
};

class ProjectBuild {
 public:
  static constexpr std::size_t kMaxOutput = 64 * 1024;

  // Called on the building thread with a line of a long build.
  using Progress = std::function<void(std::string_view line)>;

  // `configure` are further arguments of the first step, such as where Composable is installed.
  ProjectBuild(std::filesystem::path project, std::filesystem::path build_directory,
               std::vector<std::string> configure, Progress progress = {})
      : project_(std::move(project)),
        build_directory_(std::move(build_directory)),
        configure_(std::move(configure)),
        progress_(std::move(progress)) {}

  // Whether the next build configures first.
  bool is_first() const;
  // Configures first when that was not done, or did not work.
  BuildResult build();
  // [any] Ends a build that is under way, and every later one at once.
  void stop();

 private:
  using Steady = std::chrono::steady_clock;

  BuildResult run(const std::vector<std::string>& command, Steady::time_point began);

  const std::filesystem::path project_, build_directory_;
  const std::vector<std::string> configure_;
  const Progress progress_;
  BuildProgress shown_;  // of the build that is under way
  std::atomic<bool> stopped_{false};
};

}  // namespace composable::host
