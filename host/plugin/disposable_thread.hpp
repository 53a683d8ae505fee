// on_disposable_thread runs work on a thread that ends with it, and takes the thread-local state
// of a plugin's constructors, entry, create and destroy along. On a thread that stays, the
// destructor of one such object would keep the plugin's code mapped for ever.
#pragma once
#include <exception>
#include <system_error>
#include <thread>

#include "domain/plugin_call.hpp"
#include "observe/host_thread.hpp"

namespace composable::host {

// Runs `work` to its end on a new thread, which counts as inside the same plugin call as the
// caller. An exception of `work` is rethrown here. When the system has no thread, `work` runs on
// the caller's, and its thread-local state lives as long as that thread.
template <typename Work>
void on_disposable_thread(Work&& work) {
  std::thread thread;
  std::exception_ptr thrown;
  try {
    thread = start_host_thread("disposable", [&, in_plugin = PluginCall::innermost()] {
      PluginCall::work_for(in_plugin);
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
    });
  } catch (const std::system_error&) {
    return work();
  }
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace composable::host
