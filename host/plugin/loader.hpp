// A Loader loads a plugin file in steps, each of which may refuse it: read the whole file; check
// its ELF structure, its note and its entry; copy it; map it; call its entry; check its tables;
// create its state. A refusal says where, what was found, what is needed and what to do, and
// leaves nothing behind. [any] Blocks for as long as the plugin's constructors, entry and create
// take.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plugin/host_services.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/note.hpp"
#include "plugin/private_copy.hpp"

namespace composable::host {

// The domain of a plugin file by its note or, without a readable note, by its name. Blocks.
std::string claimed_domain(const std::filesystem::path& file);

// The steps that run the plugin's own code.
enum class LoadStep { kConstructors, kEntry, kCreate };

class Loader {
 public:
  struct Options {
    PluginLog log;
    // The domain's section of the configuration, as JSON; `{}` when there is none.
    std::function<std::string(std::string_view domain)> config;
    // Whether the build, in hex, may run at all; empty: it may. The message does not name the file.
    // Called before any of it is mapped.
    std::function<absl::Status(std::string_view build)> admit;
    // Called before each such step, on the thread that runs it or waits for it; may be empty.
    std::function<void(LoadStep)> entering;
  };
  // Called with the domain's name once that is certain and before anything is created.
  using AcceptName = std::function<absl::Status(std::string_view domain)>;
  // Called before any code is mapped.
  using AcceptFindings = std::function<absl::Status(const std::vector<Finding>&)>;

  // `run` outlives the loader and all that it loads.
  Loader(RunDirectory& run, Options options);

  // DataLoss: the file is being written; it may be good a moment later.
  absl::StatusOr<LoadedPlugin> load(const std::filesystem::path& file,
                                    const AcceptName& accept = {},
                                    const AcceptFindings& accept_findings = {});

 private:
  absl::StatusOr<LoadedPlugin> load_steps(const std::filesystem::path& file,
                                          const AcceptName& accept,
                                          const AcceptFindings& accept_findings);
  void entering(LoadStep step) const;
  absl::Status map(LoadedPlugin& plugin);
  absl::Status enter(LoadedPlugin& plugin, const PluginNote& note, const AcceptName& accept);

  RunDirectory& run_;
  const Options options_;
};

}  // namespace composable::host
