// "Did you mean": the known name that a misspelt one most likely stands for. Pure; any thread.
#pragma once
#include <span>
#include <string_view>

namespace composable::host {

// The name at the least edit distance (a swap of neighbours counts once), if that is at most 2 and
// less than half of `wrong`; empty when there is none. Case is ignored.
std::string_view nearest_key(std::string_view wrong, std::span<const std::string_view> known);

}  // namespace composable::host
