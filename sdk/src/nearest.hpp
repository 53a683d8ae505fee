// "did you mean": the known name closest to what was written.
#pragma once
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <vector>

namespace composable {

// Insertions, removals, replacements and swaps of neighbours between `a` and `b`.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// The best of `count` names `name_at(i)` at an edit distance of at most 2, or empty.
template <class NameAt>
std::string_view nearest(std::string_view written, std::size_t count, NameAt name_at) {
  std::string_view best;
  std::size_t best_distance = 3;
  for (std::size_t i = 0; i < count && written.size() <= 64; ++i) {
    const std::string_view name = name_at(i);
    const std::size_t distance = edit_distance(written, name);
    if (distance < best_distance && distance < name.size()) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace composable
