// event_changes compares the events of two builds of a domain and lists what keeps the newer one
// from reading stored events: types and fields that are gone or renamed, have another type, or are
// required now. Pure; any thread, while both plugins are loaded.
#pragma once
#include <string>
#include <vector>

#include "domain/domain_tables.hpp"

namespace composable::host {

// A sentence for each, in the order of `before`; empty when what `before` has written can be read
// as far as the schemas say. A number that has become wider is no change.
std::vector<std::string> event_changes(const DomainTables& before, const DomainTables& after);

}  // namespace composable::host
