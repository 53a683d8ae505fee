// LoopThread marks the threads that are event loops. Code that may block calls assert_may_block
// where it begins: in a debug build that ends the process on a loop, whose other connections would
// all wait. Any thread.
#pragma once

namespace composable::host {

// This thread is a loop for as long as this lives. One at a time.
class LoopThread {
 public:
  LoopThread();
  ~LoopThread();  // on the thread that made it
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  static bool here();
};

// Call it before a read, a write or a wait that may block: `what` names the call. Without NDEBUG it
// aborts on a loop, with a line on standard error.
#ifdef NDEBUG
inline void assert_may_block(const char*) {}
#else
void assert_may_block(const char* what);
#endif

}  // namespace composable::host
