// domain_report describes a plugin's tables to its author: the part of `composable inspect` that
// needs the plugin loaded. In the process of a plugin task.
#pragma once
#include <string>

#include "verify/plugin_task.hpp"
#include "verify/plugin_under_test.hpp"

namespace composable::host {

// Loads the plugin and returns its description: text, or a JSON object that begins with "version".
// Ends the test with the loader's message when the plugin is refused.
std::string domain_report(PluginUnderTest& tested, const ReportStyle& style);

}  // namespace composable::host
