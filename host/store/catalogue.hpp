// A Catalogue lists the domains that serve, by number and by name. It is an immutable snapshot:
// each loop holds the newest, and it keeps the stores alive while they may be called.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "store/unavailable_domain.hpp"

namespace composable::host {

class Store;

class Catalogue {
 public:
  using Stores = std::vector<std::shared_ptr<Store>>;

  // `stores[n]` has the number n; null where a number is not in use.
  explicit Catalogue(Stores stores, std::vector<UnavailableDomain> unavailable = {})
      : stores_(std::move(stores)), unavailable_(std::move(unavailable)) {}

  const Stores& stores() const { return stores_; }
  const std::vector<UnavailableDomain>& unavailable() const { return unavailable_; }
  Store* find(std::string_view domain) const;  // null: unknown

 private:
  Stores stores_;
  std::vector<UnavailableDomain> unavailable_;
};

}  // namespace composable::host
