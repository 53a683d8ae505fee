// What a plugin's tables say, for its author: the part of `composable inspect` that needs the
// plugin loaded. In the process of a plugin task.
#pragma once
#include <string>

#include "verify/plugin_task.hpp"
#include "verify/plugin_under_test.hpp"

namespace composable::host {

// Loads it and shows it: text, or the members of a JSON object from "version" on. Ends with the
// loader's words when that is refused.
std::string domain_report(PluginUnderTest& tested, const ReportStyle& style);

}  // namespace composable::host
