#include "app/unavailable_domains.hpp"

namespace composable::host {

std::vector<UnavailableDomain> unavailable_domains(const std::vector<RefusedPlugin>& refused,
                                                   const ServedDomains::List& served,
                                                   const BlockedBuilds& blocked) {
  std::vector<UnavailableDomain> unavailable;
  for (const RefusedPlugin& plugin : refused) {
    if (plugin.domain.empty() || find_unavailable(unavailable, plugin.domain) != nullptr) continue;
    if (ServedDomains::find(served, plugin.domain) != nullptr) continue;
    const bool crashed = blocked.has(plugin.build);
    unavailable.push_back({plugin.domain,
                           crashed ? "its plugin has crashed the host too often and is blocked"
                                   : "its plugin could not be loaded",
                           plugin.reason});
  }
  return unavailable;
}

}  // namespace composable::host
