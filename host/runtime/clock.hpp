// A Clock tells the time. Production reads the system's clocks; tests and simulations set it. Any
// thread.
#pragma once
#include <cstdint>

#include "absl/time/time.h"

namespace composable::host {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time, microseconds since 1970 UTC. May jump.
  virtual std::int64_t unix_micros() = 0;
  // Monotonic time, microseconds from an arbitrary origin.
  virtual std::int64_t steady_micros() = 0;
};

// The system's clocks.
class SystemClock final : public Clock {
 public:
  std::int64_t unix_micros() override;
  std::int64_t steady_micros() override;
};

}  // namespace composable::host
