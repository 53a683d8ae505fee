// nearest_name finds the known name that an unknown one is most likely a typo of. For names that
// people write: the configuration, the command line, WebSocket messages. Pure; any thread.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace composable::host {

// The name at the least edit distance (a swap of neighbours counts once), if that is at most 2 and
// less than half of `wrong`; empty when there is none. Case is ignored.
std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> known);

// `; did you mean "PlaceOrder"?`, or nothing.
std::string did_you_mean(std::string_view wrong, std::span<const std::string_view> known);

}  // namespace composable::host
