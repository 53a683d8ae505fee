// OpenProgress receives progress lines while a store opens: checking and migrating a large log
// takes long.
#pragma once
#include <functional>
#include <string_view>

namespace composable::host {

// A line for whoever waits, every two seconds. On a thread of the store's own. May be empty.
using OpenProgress = std::function<void(std::string_view)>;

}  // namespace composable::host
