// An UnavailableDomain is known but has no generation that serves: its plugin was refused or is
// blocked. Requests for it are answered with the reason, not with "no such domain". A value; any
// thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/refusal.hpp"

namespace composable::host {

struct UnavailableDomain {
  std::string name;
  std::string why;     // a clause for clients, without paths: "its plugin could not be loaded"
  std::string reason;  // the whole sentence, for the log and for operators

  bool operator==(const UnavailableDomain&) const = default;
};

// Null: none of that name. Valid for as long as `domains`.
inline const UnavailableDomain* find_unavailable(const std::vector<UnavailableDomain>& domains,
                                                 std::string_view name) {
  for (const UnavailableDomain& domain : domains) {
    if (domain.name == name) return &domain;
  }
  return nullptr;
}

// 503, to be retried after the plugin was replaced: seconds at best.
inline Refusal domain_unavailable(const UnavailableDomain& domain) {
  Refusal refusal =
      unavailable("The domain " + domain.name + " is not served now: " + domain.why, domain.reason);
  refusal.retry_after_s = 10;
  return refusal;
}

}  // namespace composable::host
