// next_backoff returns how long to wait before a retry: 100 ms first, then twice as long each
// time. Pure.
#pragma once
#include <algorithm>
#include <cstdint>

namespace composable::host {

// Microseconds; `before` is what was waited last, 0 at first.
inline std::int64_t next_backoff(std::int64_t before, std::int64_t longest) {
  return std::clamp<std::int64_t>(before * 2, 100'000, longest);
}

}  // namespace composable::host
