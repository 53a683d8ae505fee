// How the next generation of a domain takes over the numbers of the one before.
#include <algorithm>
#include <utility>

#include "domain/domain_tables.hpp"

namespace composable::host {
namespace {

// Orders `own` as `earlier` is ordered, with new entries after it; removed ones are kept and
// marked. `alike` says whether two entries are the same thing in two generations.
template <typename Thing, typename Alike>
Numbering merge(const std::vector<Thing>& earlier, std::vector<Thing>& own, const Alike& alike) {
  std::vector<Thing> merged = earlier;
  for (Thing& thing : merged) thing.gone = true;
  std::vector<std::uint32_t> to_host;
  for (Thing& thing : own) {
    const auto same = std::find_if(merged.begin(), merged.end(),
                                   [&](const Thing& other) { return alike(other, thing); });
    to_host.push_back(static_cast<std::uint32_t>(same - merged.begin()));
    if (same == merged.end()) {
      merged.push_back(std::move(thing));
    } else {
      *same = std::move(thing);
    }
  }
  own = std::move(merged);
  return {std::move(to_host), static_cast<std::uint32_t>(own.size())};
}

}  // namespace

void DomainTables::continue_from(const DomainTables& previous) {
  const auto by_name = [](const auto& a, const auto& b) { return a.name == b.name; };
  action_numbers_ = merge(previous.actions_, actions_, by_name);
  job_numbers_ = merge(previous.jobs_, jobs_, by_name);
  for (std::uint32_t n = 0; n < actions_.size(); ++n) {
    actions_[n].number = n;
    if (actions_[n].gone) actions_[n].schema = nullptr;  // it leaves with the earlier plugin
    by_name_[actions_[n].name] = n;
  }
  for (RouteType& route : routes_) {
    if (route.kind == COMPOSABLE_ROUTE_COMMAND) route.command = action_number(route.command);
    for (std::uint32_t& outcome : route.outcomes) outcome = action_number(outcome);
  }
  route_numbers_ = merge(previous.routes_, routes_, [](const RouteType& a, const RouteType& b) {
    return a.method == b.method && a.pattern == b.pattern;
  });
  for (std::uint32_t n = 0; n < routes_.size(); ++n) routes_[n].number = n;
  for (TopicSubscription& subscription : topics_) {
    subscription.action = action_number(subscription.action);
  }
}

}  // namespace composable::host
