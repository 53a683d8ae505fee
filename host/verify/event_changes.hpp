// event_changes compares the events of two builds of a domain and lists what keeps the newer one
// from reading stored events: types and fields that are gone or renamed, have another type, or are
// required now. Pure; any thread, while both plugins are loaded.
#pragma once
#include <string>
#include <vector>

#include "domain/domain_tables.hpp"

namespace composable::host {

// One sentence for each change, in the order of `before`; empty when `after` can read the events of
// `before`, as far as the schemas tell. A number that has become wider is no change.
std::vector<std::string> event_changes(const DomainTables& before, const DomainTables& after);

}  // namespace composable::host
