// An OwnThread marks a thread of the process as the host's and gives it a stack for signal
// handlers. Any other thread was begun by a plugin or a library; while it runs, code that it may
// be in must stay mapped. Any thread.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "runtime/alternate_stack.hpp"

namespace composable::host {

// This thread is the host's for as long as this lives. One at a time.
class OwnThread {
 public:
  OwnThread();
  ~OwnThread();  // on the thread that made it
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;

 private:
  const AlternateStack stack_;
};

// The kernel's numbers of all threads of this process, sorted.
std::vector<int> thread_numbers();

// The threads that are neither the host's nor among `known`, which is sorted, as "tally (4711)":
// the kernel's name, which a thread inherits unless it sets one. Without `patience`, threads of the
// host that begin or end right now may be among them; with it, the call blocks for as long when
// there are any.
std::vector<std::string> foreign_threads(const std::vector<int>& known,
                                         std::chrono::milliseconds patience);

}  // namespace composable::host
