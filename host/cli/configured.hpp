// configured is the first step of every verb that needs the configuration. Main thread.
#pragma once
#include <optional>

#include "cli/verbs.hpp"

namespace composable::host {

// Loads the configuration, configures the log, and logs warnings. When there are mistakes, prints
// one per line, returns nothing, and sets `exit_code` to 1, or to 2 when all of them are in the
// command line.
std::optional<LoadedConfig> configured(const VerbOptions& options, Invocation& call,
                                       int& exit_code);

}  // namespace composable::host
