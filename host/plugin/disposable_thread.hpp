// A thread that ends when its work has. Whatever thread-local state a plugin's constructors, entry,
// create and destroy leave behind goes with it; on a thread that stays, the destructor of one such
// object would hold the plugin's code for ever.
#pragma once
#include <system_error>
#include <thread>

#include "domain/plugin_call.hpp"
#include "runtime/own_thread.hpp"

namespace composable::host {

// Runs `work` to its end on a thread of its own, which is in the same plugin as the caller. `work`
// must not let an exception out. When the system gives no thread it runs on the caller's, and what
// it leaves behind stays as long as that one.
template <typename Work>
void on_disposable_thread(Work&& work) {
  std::thread thread;
  try {
    thread = std::thread([&work, in_plugin = PluginCall::innermost()] {
      const OwnThread own;
      PluginCall::work_for(in_plugin);
      work();
    });
  } catch (const std::system_error&) {
    return work();
  }
  thread.join();
}

}  // namespace composable::host
