// check_log evolves the stored log into the plugins that would be loaded, each in a child process:
// what `composable check --replay` adds to `check`. Main thread; blocks.
#pragma once
#include "app/loaded_domains.hpp"
#include "cli/report.hpp"
#include "config/config.hpp"

namespace composable::host {

// A domain that cannot evolve an event is refused in `report`, with a reason that names the event,
// its stream and its position. A log that cannot be read is a problem of the report.
void check_log(LoadedDomains& domains, const Config& config, const DomainSections& sections,
               CheckReport& report);

}  // namespace composable::host
