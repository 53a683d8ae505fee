#include "ws/nearest_name.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

constexpr std::size_t kLongest = 64;  // names are no longer; guesses that are get no answer

char folded(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Levenshtein's distance, blind to case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (folded(a[i - 1]) == folded(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view wrong, const std::vector<std::string_view>& known) {
  if (wrong.size() > kLongest) return {};
  std::string_view best;
  std::size_t least = wrong.size() / 3 + 1;
  for (const std::string_view name : known) {
    const std::size_t d = distance(wrong, name);
    if (d < least) {
      least = d;
      best = name;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& known) {
  const std::string_view best = nearest_name(wrong, known);
  if (best.empty()) return {};
  return absl::StrFormat("; did you mean \"%s\"?", best);
}

}  // namespace composable::host
