// Texts from a plugin, as a report about it shows them in a terminal: what comes out of a plugin
// file may hold anything. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "observe/escaped.hpp"

namespace composable::host {

inline std::string shown(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

}  // namespace composable::host
