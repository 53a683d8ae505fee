// OpenProgress receives progress lines while a store opens: checking and migrating a large log
// takes long.
#pragma once
#include <functional>
#include <string_view>

namespace composable::host {

// Called with a line every two seconds, on a thread of the store. May be empty.
using OpenProgress = std::function<void(std::string_view)>;

}  // namespace composable::host
