// composable dev: builds the project in the current directory, serves it, and rebuilds it after
// each change.
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/configured.hpp"
#include "cli/verbs.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr int kUsage = 2;

int refuse(Invocation& call, std::string_view what) {
  call.err << "composable: dev: " << what << '\n';
  return kUsage;
}

// The project's own plugins first, then those of --plugins, then those of the file or of the
// environment; each directory once.
std::vector<std::string> plugin_directories(const VerbOptions& options, const Invocation& call,
                                            const DevProject& project) {
  std::vector<std::string> wanted;
  if (project.builds) {
    const fs::path own = project.build_directory / "plugins";
    std::error_code error;
    fs::create_directories(own, error);
    wanted.push_back(own.string());
  }
  wanted.insert(wanted.end(), options.flags.plugins.begin(), options.flags.plugins.end());
  Flags others = options.flags;
  others.plugins.clear();
  const LoadedConfig configured = load_config({others, call.environment, call.program});
  const auto origin = configured.origins.find("plugins.dirs");
  if (origin != configured.origins.end() && origin->second != "default") {
    const auto& dirs = configured.config.plugins.dirs;
    wanted.insert(wanted.end(), dirs.begin(), dirs.end());
  }
  std::vector<std::string> directories;
  std::set<fs::path> known;
  for (std::string& directory : wanted) {
    std::error_code error;
    if (known.insert(fs::weakly_canonical(directory, error)).second) {
      directories.push_back(std::move(directory));
    }
  }
  return directories;
}

// The arguments with which the serving process reads the same configuration.
std::vector<std::string> host_arguments(const Flags& flags) {
  std::vector<std::string> arguments = {"dev-host"};
  const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) arguments.push_back(absl::StrFormat("--%s=%s", name, *value));
  };
  add("config", flags.config);
  for (const std::string& directory : flags.plugins) add("plugins", directory);
  add("data-dir", flags.data_dir);
  add("listen", flags.listen);
  add("admin-listen", flags.admin_listen);
  add("log-level", flags.log_level);
  add("log-format", flags.log_format);
  return arguments;
}

}  // namespace

int dev_verb(const VerbOptions& options, Invocation& call) {
  std::error_code error;
  DevProject project;
  project.directory = fs::current_path(error);
  project.builds = !options.no_build;
  project.build_directory = project.directory / "build" / "dev";
  if (project.builds && !fs::exists(project.directory / "CMakePresets.json", error)) {
    return refuse(call,
                  "there is no CMakePresets.json here; run it in a project made by composable new, "
                  "or with --no-build and --plugins DIR");
  }
  const fs::path prefix = call.program.parent_path().parent_path();
  if (prefix != "/usr" && prefix != "/usr/local") {
    project.configure = {"-DCMAKE_PREFIX_PATH=" + prefix.string()};
  }
  VerbOptions own = options;
  own.flags.plugins = plugin_directories(options, call, project);
  if (!own.flags.log_level) own.flags.log_level = "warn";
  int exit_code = 0;
  auto loaded = configured(own, call, exit_code);
  if (!loaded) return exit_code;
  if (!loaded->config.plugins.watch) {
    return refuse(call, "it needs plugin watching; use composable run --no-watch instead");
  }
  project.host = host_arguments(own.flags);
  return call.app.dev(*loaded, project);
}

int dev_host_verb(const VerbOptions& options, Invocation& call) {
  int exit_code = 0;
  const auto loaded = configured(options, call, exit_code);
  return loaded ? call.app.dev_host(*loaded) : exit_code;
}

}  // namespace composable::host
