// A thread that ends when its work has. Whatever thread-local state a plugin's constructors, entry,
// create and destroy leave behind goes with it; on a thread that stays, the destructor of one such
// object would hold the plugin's code for ever.
#pragma once
#include <thread>
#include <utility>

#include "runtime/own_thread.hpp"

namespace composable::host {

// Runs `work` to its end on a thread of its own. `work` must not let an exception out.
template <typename Work>
void on_disposable_thread(Work&& work) {
  std::thread([&work] {
    const OwnThread own;
    std::forward<Work>(work)();
  }).join();
}

}  // namespace composable::host
