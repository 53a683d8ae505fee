// Texts from a plugin, as a sheet about it shows them: what comes out of a plugin file may hold
// anything. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "observe/escaped.hpp"
#include "runtime/json_text.hpp"

namespace composable::host {

// For a terminal.
inline std::string shown(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

// For a program: a JSON string, true or false.
inline std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
inline const char* json_truth(bool value) { return value ? "true" : "false"; }

}  // namespace composable::host
