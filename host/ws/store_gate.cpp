#include "ws/store_gate.hpp"

#include "store/store.hpp"

namespace composable::host {
namespace {

std::vector<Store*> serving(const Catalogue& catalogue) {
  std::vector<Store*> stores;
  for (const auto& store : catalogue.stores()) {
    if (store != nullptr) stores.push_back(store.get());
  }
  return stores;
}

std::vector<GateDomain> describe_domains(const Catalogue& catalogue) {
  std::vector<GateDomain> domains;
  for (const Store* store : serving(catalogue)) {
    GateDomain& domain = domains.emplace_back();
    domain.name = store->name();
    const auto generation = store->domain();
    for (const ActionType& type : generation->actions()) {
      if (type.gone) continue;
      domain.actions.push_back({.name = type.name,
                                .number = type.number,
                                .action_class = type.action_class,
                                .visibility = type.visibility,
                                .access = type.access,
                                .role = type.role,
                                .ws = type.ws});
    }
  }
  return domains;
}

}  // namespace

StoreGate::StoreGate(std::shared_ptr<const Catalogue> catalogue)
    : CommandGate(describe_domains(*catalogue), catalogue->unavailable()),
      catalogue_(std::move(catalogue)),
      stores_(serving(*catalogue_)) {}

void StoreGate::send(std::size_t domain, std::uint32_t action, std::string_view payload,
                     const Caller& caller, Waiter* waiter) {
  const composable_action command = {action, COMPOSABLE_FORM_JSON, payload.data(), payload.size()};
  stores_[domain]->send(command, caller, waiter);
}

bool StoreGate::describe(std::size_t domain, const composable_action& rejection, std::string& name,
                         std::string& json) const {
  const auto generation = stores_[domain]->domain();
  const DomainHandle& handle = *generation;
  if (rejection.type >= handle.actions().size()) return false;
  CallError error;
  name = handle.actions()[rejection.type].name;
  return handle.encode(rejection, json, error) == COMPOSABLE_OK;
}

}  // namespace composable::host
