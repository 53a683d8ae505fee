#include "app/serving_reload_host.hpp"

#include <utility>

#include "app/options_of.hpp"
#include "events/event_store.hpp"
#include "http/route_table.hpp"

namespace composable::host {

absl::Status ServingReloadHost::visit_events(std::string_view domain,
                                             const CanaryTrial::Visit& visit) {
  return environment_.events->replay(domain, 1, visit);
}

// Searches from the newest event on, through the whole log when there is none.
bool ServingReloadHost::is_stored(std::string_view domain, std::string_view type) {
  EventStore& events = *environment_.events;
  const EventFilter filter{std::string(domain), std::string(type)};
  std::uint64_t from = events.stats().head;
  for (;;) {
    const absl::StatusOr<EventPage> page = events.read_all(from, Direction::kBackward, 1, filter);
    if (!page.ok() || !page->events.empty()) return true;  // not known to be absent
    if (!page->more) return false;
    from = page->next;
  }
}

std::uint64_t ServingReloadHost::last_position() { return environment_.events->stats().head; }

absl::Status ServingReloadHost::check_routes(const DomainTables& candidate) {
  return RouteTable::Builder().add(candidate, nullptr);
}

std::shared_ptr<Store> ServingReloadHost::make_store(std::shared_ptr<DomainHandle> domain,
                                                     std::uint32_t number) {
  return std::make_shared<Store>(std::move(domain), environment_, store_options(config_, number));
}

}  // namespace composable::host
