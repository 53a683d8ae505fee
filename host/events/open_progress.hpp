// What is told while a store opens: proving and migrating a large log takes its time.
#pragma once
#include <functional>
#include <string_view>

namespace composable::host {

// A line for whoever waits, every two seconds. On a thread of the store's own. May be empty.
using OpenProgress = std::function<void(std::string_view)>;

}  // namespace composable::host
