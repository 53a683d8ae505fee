// An Rng makes random numbers for ids and jitter; not for secrets. The kernel seeds production, a
// simulation has its own seed.
#pragma once
#include <cstdint>

namespace composable::host {

class Rng {
 public:
  virtual ~Rng() = default;
  virtual std::uint64_t next() = 0;  // [any]
};

// One xoshiro256++ per thread, each seeded by getrandom(2).
class SystemRng final : public Rng {
 public:
  std::uint64_t next() override;
};

}  // namespace composable::host
