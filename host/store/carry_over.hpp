// These functions decide whether the state of one generation can become that of the next, and say
// what to do when it cannot. GenerationSwap calls them, on any thread. Error messages begin with
// the domain.
#pragma once
#include "absl/status/status.h"
#include "domain/domain_handle.hpp"
#include "store/store.hpp"

namespace composable::host {

// OK, or why `next` cannot take the place of `serving`, whatever the state may be.
absl::Status check_successor(const DomainHandle& serving, const DomainHandle& next);

// How an ephemeral `next` comes by its state; given check_successor().
StateCarried state_transfer(const DomainHandle& serving, const DomainHandle& next);

}  // namespace composable::host
