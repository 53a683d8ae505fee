// The rule for the pattern of a route: the path below the domain's mount, such as `/:id/ship`.
// Pure; any thread.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

inline constexpr std::size_t kMaxRoutePattern = 255;   // bytes
inline constexpr std::size_t kMaxRouteParameters = 8;  // in one pattern

// Returns what is wrong with `pattern`, to follow its name in a sentence, or nothing when it is
// good: "" or segments that each begin with a slash. A segment is a literal of characters that need
// no escape in a URL, or a parameter `:name`. Appends the names of the parameters to `parameters`.
std::string route_pattern_fault(std::string_view pattern, std::vector<std::string>& parameters);

// Removes the first segment from `path`, which begins with a slash, and returns it without that.
inline std::string_view take_path_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

}  // namespace composable::host
