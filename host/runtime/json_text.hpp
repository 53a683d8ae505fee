// append_json_string writes a JSON string wherever the host writes JSON for programs: error
// bodies, WebSocket messages, admin pages. Text for a terminal goes through observe/escaped.hpp
// instead, which has a limit and hides control sequences. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD: a
// plugin may have written them, and one bad byte would make the whole document unreadable.
void append_json_string(std::string& out, std::string_view text);

// The same as a string of its own.
inline std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace composable::host
