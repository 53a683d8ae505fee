// What has become of a domain's events from one build to another, as far as stored events are
// concerned: types and fields that are gone, perhaps under another name, have another type, or are
// needed now. Pure; any thread, while both plugins are loaded.
#pragma once
#include <string>
#include <vector>

#include "domain/domain_tables.hpp"

namespace composable::host {

// A sentence for each, in the order of `before`; empty when what `before` has written can be read
// as far as the schemas say. A number that has become wider is no change.
std::vector<std::string> event_changes(const DomainTables& before, const DomainTables& after);

}  // namespace composable::host
