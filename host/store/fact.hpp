// A Fact is an action that was decided and evolved, or announced, on its way out of the domain.
// Its views live as long as what they were made from.
#pragma once
#include <cstdint>
#include <string_view>

#include "composable/abi/action.h"

namespace composable::host {

struct Fact {
  composable_action action{};
  std::string_view stream;     // of a stored event
  std::uint64_t position = 0;  // of a stored event; 0: none
};

}  // namespace composable::host
