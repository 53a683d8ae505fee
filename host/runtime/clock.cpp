#include "runtime/clock.hpp"

#include <ctime>

namespace composable::host {
namespace {
// Straight to the kernel's page: it is read for every command.
std::int64_t micros(clockid_t clock) {
  timespec at;
  clock_gettime(clock, &at);
  return std::int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1000;
}
}  // namespace

std::int64_t SystemClock::unix_micros() { return micros(CLOCK_REALTIME); }
std::int64_t SystemClock::steady_micros() { return micros(CLOCK_MONOTONIC); }

}  // namespace composable::host
