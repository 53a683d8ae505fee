// "Did you mean": the known name that an unknown one is most likely a slip of. Any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

// Empty when nothing is near: more than a third of the letters would have to change.
std::string_view nearest_name(std::string_view wrong, const std::vector<std::string_view>& known);

// `; did you mean "PlaceOrder"?`, or nothing.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& known);

}  // namespace composable::host
