// composable dev: builds the project that it is called in, serves it, and goes on with every
// change.
#include <ostream>
#include <system_error>

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

}  // namespace

int dev_verb(const VerbOptions& options, Invocation& call) {
  std::error_code error;
  DevProject project{.directory = fs::current_path(error), .builds = !options.no_build};
  project.build_directory = project.directory / "build" / "dev";
  if (project.builds && !fs::exists(project.directory / "CMakePresets.json", error)) {
    return refuse(call,
                  "there is no CMakePresets.json here; call it in a project that composable new "
                  "has made, or with --no-build and --plugins DIR");
  }
  const fs::path prefix = call.program.parent_path().parent_path();
  if (prefix != "/usr" && prefix != "/usr/local") {
    project.configure = {"-DCMAKE_PREFIX_PATH=" + prefix.string()};
  }
  VerbOptions own = options;
  if (own.flags.plugins.empty() && project.builds) {
    const fs::path plugins = project.build_directory / "plugins";
    fs::create_directories(plugins, error);
    own.flags.plugins = {plugins.string()};
  }
  if (!own.flags.log_level) own.flags.log_level = "warn";
  int exit_code = 0;
  auto loaded = configured(own, call, exit_code);
  if (!loaded) return exit_code;
  if (!loaded->config.plugins.watch) {
    return refuse(call, "it lives on watching the plugins; call composable run for --no-watch");
  }
  return call.app.dev(*loaded, project);
}

}  // namespace composable::host
