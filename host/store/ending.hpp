// ends_wait checks whether an action is an outcome that a wait is for, and says how the wait ends.
// [serial]
#pragma once
#include <string>

#include "domain/domain_handle.hpp"
#include "store/cause.hpp"
#include "store/fact.hpp"

namespace composable::host {

// The outcome points into it.
struct Ending {
  Outcome outcome;
  Refusal refusal;
  composable_action action{};
  std::string encoded;
};

// True: the fact ends the wait of `cause`, as `ending` says.
bool ends_wait(const DomainHandle& domain, const Fact& fact, const Cause& cause, Ending& ending);

}  // namespace composable::host
