#include "store/catalogue.hpp"

#include "store/store.hpp"

namespace composable::host {

Store* Catalogue::find(std::string_view domain) const {
  for (const auto& store : stores_) {
    if (store != nullptr && store->name() == domain) return store.get();
  }
  return nullptr;
}

}  // namespace composable::host
