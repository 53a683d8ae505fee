// start_host_thread starts a thread of the host. An exception on such a thread ends the step that
// threw it and is logged; the thread goes on with the next step.
#pragma once
#include <exception>
#include <string_view>
#include <thread>
#include <utility>

#include "runtime/own_thread.hpp"

namespace composable::host {

namespace host_thread_detail {
// Logs `what`, as far as memory allows.
void say(std::string_view thread, std::string_view what) noexcept;
}  // namespace host_thread_detail

// Runs one step of the thread. False: it threw. [any]
template <typename Step>
bool contain_exceptions(std::string_view thread, Step&& step) noexcept {
  try {
    std::forward<Step>(step)();
    return true;
  } catch (const std::exception& error) {
    host_thread_detail::say(thread, error.what());
  } catch (...) {
    host_thread_detail::say(thread, "not a std::exception");
  }
  return false;
}

// Starts a thread that runs `work`. Work of more than one step runs each in contain_exceptions().
// `thread` is its name in the log, and outlives the thread.
template <typename Work>
std::thread start_host_thread(std::string_view thread, Work work) {
  return std::thread([thread, work = std::move(work)]() mutable {
    const OwnThread own;
    contain_exceptions(thread, work);
  });
}

}  // namespace composable::host
