#include "runtime/rng.hpp"

#include <sys/random.h>

#include <bit>
#include <cstdlib>

namespace composable::host {
namespace {

// xoshiro256++ 1.0, Blackman and Vigna, https://prng.di.unimi.it/ (public domain algorithm).
struct Xoshiro {
  std::uint64_t s[4];

  Xoshiro() {
    if (getrandom(s, sizeof s, 0) != static_cast<ssize_t>(sizeof s)) std::abort();
  }
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const std::uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
    return result;
  }
};

}  // namespace

std::uint64_t SystemRng::next() {
  thread_local Xoshiro generator;
  return generator.next();
}

}  // namespace composable::host
