#include "reload/served_domains.hpp"

namespace composable::host {

const ServedDomain* ServedDomains::find(const List& list, std::string_view domain) {
  for (const ServedDomain& served : list) {
    if (served.store != nullptr && served.store->name() == domain) return &served;
  }
  return nullptr;
}

const ServedDomain* ServedDomains::find_file(const List& list, const std::filesystem::path& file) {
  for (const ServedDomain& served : list) {
    if (served.store != nullptr && served.generation->plugin().file() == file) return &served;
  }
  return nullptr;
}

}  // namespace composable::host
