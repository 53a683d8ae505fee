#include "runtime/clock.hpp"

#include <chrono>

namespace composable::host {
namespace {
template <class C>
std::int64_t micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(C::now().time_since_epoch()).count();
}
}  // namespace

std::int64_t SystemClock::unix_micros() { return micros<std::chrono::system_clock>(); }
std::int64_t SystemClock::steady_micros() { return micros<std::chrono::steady_clock>(); }

}  // namespace composable::host
