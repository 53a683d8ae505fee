// The domains that serve, by number and by name: an immutable snapshot that each loop holds.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace composable::host {

class Store;

class Catalogue {
 public:
  // `stores[n]` has the number n; null where a number is not in use.
  explicit Catalogue(std::vector<Store*> stores) : stores_(std::move(stores)) {}

  const std::vector<Store*>& stores() const { return stores_; }
  Store* find(std::string_view domain) const;  // null: unknown

 private:
  std::vector<Store*> stores_;
};

}  // namespace composable::host
