// log_plugin_line writes a plugin's line to the host's log. A message that ends in fields, `
// key=value…`, becomes a line with these fields: so the C++ SDK passes them through the one text
// that the ABI has.
#pragma once
#include <cstdint>
#include <string_view>

namespace composable::host {

// [any] A PluginLog. `level` is one of COMPOSABLE_LOG_*. Nothing is read or allocated when the
// domain's level is off.
void log_plugin_line(std::string_view domain, std::uint32_t level, std::string_view message);

}  // namespace composable::host
