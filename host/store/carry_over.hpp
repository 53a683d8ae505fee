// Whether the state of one generation can become that of the next, and what to do when not. Used by
// the swap, on any thread; needs no state. The sentences begin with the domain.
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
