// These functions escape text from outside for one line of a log, an error or a JSON document. The
// log, the configuration's errors and the command line use them. Pure; any thread.
#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace composable::host {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// Appends `in` with JSON's escapes: quotes, backslashes, control characters, line separators and
// direction overrides; bytes that are not UTF-8 become U+FFFD. At most `limit` bytes, then an
// ellipsis.
void append_escaped(std::string& out, std::string_view in, std::size_t limit = kNoLimit);

// The same as a text of its own, fit for a terminal: what comes out of a plugin file may hold
// anything.
std::string shown(std::string_view in);

// The same between quotes: a JSON string.
std::string in_quotes(std::string_view in, std::size_t limit = kNoLimit);

}  // namespace composable::host
