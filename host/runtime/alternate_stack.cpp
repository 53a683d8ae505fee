#include "runtime/alternate_stack.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace composable::host {
namespace {

// What the kernel saves grows with the processor's registers; the rest is for the handler.
std::size_t stack_size() {
  static const std::size_t size = std::max<std::size_t>(
      64 * 1024, 32 * 1024 + static_cast<std::size_t>(sysconf(_SC_MINSIGSTKSZ)));
  return size;
}

}  // namespace

AlternateStack::AlternateStack()
    : memory_(::mmap(nullptr, stack_size(), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0)) {
  if (memory_ == MAP_FAILED) return;  // a thread without one works; its overflow goes unnamed
  stack_t stack{};
  stack.ss_sp = memory_;
  stack.ss_size = stack_size();
  ::sigaltstack(&stack, &before_);
}

AlternateStack::~AlternateStack() {
  if (memory_ == MAP_FAILED) return;
  ::sigaltstack(&before_, nullptr);
  ::munmap(memory_, stack_size());
}

}  // namespace composable::host
