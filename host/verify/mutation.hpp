// Payloads as an enemy, a broken client or a half-written disk would send them. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "verify/seeded_rng.hpp"

namespace composable::host {

struct Damaged {
  std::string json;
  std::string_view how;  // it was damaged
};

// Cut, flipped, repeated, or with one of its values made something that no parser should trust.
Damaged damage(std::string_view json, Dice& dice);

}  // namespace composable::host
