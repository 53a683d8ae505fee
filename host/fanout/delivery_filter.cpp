#include "fanout/delivery_filter.hpp"

#include <algorithm>

#include "absl/hash/hash.h"

namespace composable::host {
namespace {

template <typename Key>
bool admits(const DeliveryFilter::List<Key>& list, Key key) {
  return !list || std::find(list->begin(), list->end(), key) != list->end();
}

}  // namespace

std::uint64_t stream_key(std::string_view stream) { return absl::Hash<std::string_view>()(stream); }

DeliveryFilter::Pointer DeliveryFilter::everything(std::string_view domain, NameTable& names) {
  if (domain.empty()) return nullptr;
  auto all = std::make_shared<DeliveryFilter>();
  all->domains = {names.number(domain)};
  return all;
}

DeliveryFilter::Pointer DeliveryFilter::nothing() {
  static const Pointer kNothing = [] {
    auto none = std::make_shared<DeliveryFilter>();
    none->domains.emplace();
    return none;
  }();
  return kNothing;
}

bool DeliveryFilter::matches(const EventKey& key) const {
  return admits(domains, key.domain) && admits(actions, key.action) && admits(streams, key.stream);
}

}  // namespace composable::host
