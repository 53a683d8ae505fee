// How long to wait before something that failed is tried again: 100 ms at first, then twice as
// long each time.
#pragma once
#include <algorithm>
#include <cstdint>

namespace composable::host {

// Microseconds; `before` is what was waited last, 0 at first.
inline std::int64_t next_backoff(std::int64_t before, std::int64_t longest) {
  return std::clamp<std::int64_t>(before * 2, 100'000, longest);
}

}  // namespace composable::host
