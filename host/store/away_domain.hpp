// A domain that is known and that nobody serves: its plugin is there, but was refused or set aside.
// Whoever is asked for it says so, instead of "no such domain". A value; any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/refusal.hpp"

namespace composable::host {

struct AwayDomain {
  std::string name;
  std::string why;     // a clause for clients, without paths: "its plugin could not be loaded"
  std::string reason;  // the whole sentence, for the log and for operators

  bool operator==(const AwayDomain&) const = default;
};

// Null: none of that name. Valid for as long as `domains`.
inline const AwayDomain* find_away(const std::vector<AwayDomain>& domains, std::string_view name) {
  for (const AwayDomain& domain : domains) {
    if (domain.name == name) return &domain;
  }
  return nullptr;
}

// 503. It lasts until somebody replaces the plugin: seconds at best.
inline Refusal is_away(const AwayDomain& domain) {
  Refusal refusal =
      unavailable("The domain " + domain.name + " is not served now: " + domain.why, domain.reason);
  refusal.retry_after_s = 10;
  return refusal;
}

}  // namespace composable::host
