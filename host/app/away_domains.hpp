// Which domains are known and not served, out of the plugin files that are not loaded.
#pragma once
#include <vector>

#include "crash/blocked_builds.hpp"
#include "plugin/registry.hpp"
#include "reload/served_domains.hpp"
#include "store/away_domain.hpp"

namespace composable::host {

// Each once. One that another file or an earlier build serves is not away.
std::vector<AwayDomain> away_domains(const std::vector<RefusedPlugin>& refused,
                                     const ServedDomains::List& served,
                                     const BlockedBuilds& blocked);

}  // namespace composable::host
