#include "app/publication.hpp"

#include <utility>

#include "app/unavailable_domains.hpp"
#include "http/route_table.hpp"

namespace composable::host {

void Publication::publish(const ServedDomains::List& served,
                          const std::vector<RefusedPlugin>& refused) {
  RouteTable::Builder table;
  Catalogue::Stores stores;
  for (const ServedDomain& domain : served) {
    stores.push_back(domain.store);
    if (domain.store == nullptr) continue;
    table.add(domain.store->domain()->tables(), domain.store)
        .IgnoreError();  // checked before it served
  }
  std::vector<UnavailableDomain> unavailable = unavailable_domains(refused, served, blocked_);
  const auto catalogue = std::make_shared<const Catalogue>(std::move(stores), unavailable);
  health_.set_unavailable(unavailable);
  table.set_unavailable(std::move(unavailable));
  for (std::size_t n = 0; n < hubs_.size(); ++n) {
    server_.loops()[n]->run_and_wait([&] { hubs_[n]->set_catalogue(catalogue); });
  }
  server_.set_routes(std::move(table).build());
}

}  // namespace composable::host
