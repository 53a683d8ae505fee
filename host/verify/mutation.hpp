// A Mutation is a payload as an attacker, a broken client or a half-written disk would send it.
// Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "verify/seeded_rng.hpp"

namespace composable::host {

struct Mutation {
  std::string json;
  std::string_view how;  // what was done to it
};

// Cuts, flips or repeats bytes, or replaces a value by one that no parser should trust.
Mutation mutate(std::string_view json, SeededRng& rng);

}  // namespace composable::host
