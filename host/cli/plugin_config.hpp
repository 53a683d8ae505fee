// plugin_config reads the value of --config for the verbs that work on one plugin. Main thread.
#pragma once
#include <optional>
#include <string>

#include "cli/verbs.hpp"

namespace composable::host {

// `given` is JSON when it begins with a brace, else the name of a JSON file; `{}` when empty.
// Returns nothing, after printing why, when it cannot be used.
std::optional<std::string> plugin_config(const std::string& given, Invocation& call);

}  // namespace composable::host
