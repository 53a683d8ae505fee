// unavailable_domains lists the domains that are known and not served, from the plugin files that
// are not loaded.
#pragma once
#include <vector>

#include "crash/blocked_builds.hpp"
#include "plugin/registry.hpp"
#include "reload/served_domains.hpp"
#include "store/unavailable_domain.hpp"

namespace composable::host {

// Each once. A domain that another file or an earlier build serves is left out.
std::vector<UnavailableDomain> unavailable_domains(const std::vector<RefusedPlugin>& refused,
                                                   const ServedDomains::List& served,
                                                   const BlockedBuilds& blocked);

}  // namespace composable::host
