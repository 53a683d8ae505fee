// An AlternateStack gives this thread's signal handlers a stack of their own, so that a stack
// overflow can be reported. Every thread that may run plugin code has one while it does.
#pragma once
#include <signal.h>

namespace composable::host {

class AlternateStack {
 public:
  AlternateStack();
  ~AlternateStack();  // on the thread that made it
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  void* memory_;
  stack_t before_{};  // a sanitizer has its own
};

}  // namespace composable::host
