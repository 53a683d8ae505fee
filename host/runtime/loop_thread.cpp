#include "runtime/loop_thread.hpp"

#include <cstdio>
#include <cstdlib>

namespace composable::host {
namespace {

thread_local bool on_loop = false;

}  // namespace

LoopThread::LoopThread() { on_loop = true; }
LoopThread::~LoopThread() { on_loop = false; }
bool LoopThread::here() { return on_loop; }

#ifndef NDEBUG
void assert_may_block(const char* what) {
  if (!on_loop) return;
  std::fprintf(stderr, "%s blocks, and was called on an event loop; call it on a worker\n", what);
  std::abort();
}
#endif

}  // namespace composable::host
