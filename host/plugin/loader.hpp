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

// Whose plugin a file is by its note, or, where there is none that can be read, by its name.
// Blocks.
std::string claimed_domain(const std::filesystem::path& file);

// The steps that run the plugin's own code.
enum class LoadStep { kConstructors, kEntry, kCreate };

class Loader {
 public:
  struct Options {
    PluginLog log;
    // The domain's section of the configuration, as JSON; `{}` when there is none.
    std::function<std::string(std::string_view domain)> config;
    // Whether the build, which is told in hex, may run at all; empty: it may. The message does not
    // name the file. Asked before anything of it is mapped.
    std::function<absl::Status(std::string_view build)> admit;
    // Told before each such step, on the thread that makes it or waits for it; may be empty.
    std::function<void(LoadStep)> entering;
  };
  // Asked for the domain's name when that is certain and nothing has been created.
  using AcceptName = std::function<absl::Status(std::string_view domain)>;
  // Asked before any of its code is mapped.
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
