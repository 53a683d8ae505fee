// configured is the first step of every verb that needs the configuration. Main thread.
#pragma once
#include <optional>

#include "cli/verbs.hpp"

namespace composable::host {

// Loads the configuration, sets the log up by it, and logs its warnings. When it has mistakes,
// these are printed one per line, there is no answer, and `exit_code` is 1, or 2 when all of them
// are in the command line.
std::optional<LoadedConfig> configured(const VerbOptions& options, Invocation& call,
                                       int& exit_code);

}  // namespace composable::host
