#include "app/away_domains.hpp"

namespace composable::host {

std::vector<AwayDomain> away_domains(const std::vector<RefusedPlugin>& refused,
                                     const ServedDomains::List& served,
                                     const BlockedBuilds& blocked) {
  std::vector<AwayDomain> away;
  for (const RefusedPlugin& plugin : refused) {
    if (plugin.domain.empty() || find_away(away, plugin.domain) != nullptr) continue;
    if (ServedDomains::find(served, plugin.domain) != nullptr) continue;
    const bool crashed = blocked.has(plugin.build);
    away.push_back({plugin.domain,
                    crashed ? "its plugin has crashed the host too often and is set aside"
                            : "its plugin could not be loaded",
                    plugin.reason});
  }
  return away;
}

}  // namespace composable::host
