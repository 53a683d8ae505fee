#include "store/observers.hpp"

#include <string_view>
#include <utility>

#include "bus/audience.hpp"
#include "observe/log.hpp"
#include "observe/log_rate.hpp"

namespace composable::host {

Observers::Observers(std::string domain, std::uint32_t number, BroadcastBus* bus,
                     std::size_t actions)
    : domain_(std::move(domain)),
      number_(number),
      bus_(bus),
      ring_(std::make_shared<ActionRing>(actions)) {}

void Observers::resolve(const DomainHandle& domain) {
  for (std::size_t n = ring_types_.size(); n < domain.actions().size(); ++n) {
    ring_types_.push_back(ring_->number_of(domain.actions()[n].name));
  }
}

void Observers::notify(const DomainHandle& domain, const Fact& fact, const Cause& cause) {
  const ActionType& type = domain.actions()[fact.action.type];
  const bool observed = ring_->observed();
  // Of interest to the bus is what its user, or anybody, may see.
  const std::string_view user = cause.meta.actor;
  const bool visible = may_see({type.action_class, type.visibility, user}, Principal{user}) &&
                       bus_ != nullptr && bus_->listening();
  if (!observed && !visible) return;
  std::string_view data(static_cast<const char*>(fact.action.data), fact.action.size);
  if (fact.action.form != COMPOSABLE_FORM_JSON) {
    scratch_.clear();
    if (domain.encode(fact.action, scratch_, error_) < 0) {
      if (log_rate().admit(LogLevel::kError, domain_, "encode_failed", type.name)) {
        log_error(domain_, "encode_failed", {{"action", type.name}, {"reason", error_.message}});
      }
      return;
    }
    data = scratch_;
  }
  if (visible) {
    if (batch_ == nullptr) batch_ = std::make_shared<BroadcastBatch>();
    batch_->add({.domain = number_,
                 .type = type.number,
                 .action_class = type.action_class,
                 .visibility = type.visibility,
                 .position = fact.position,
                 .origin = cause.origin,
                 .correlation = cause.meta.correlation,
                 .domain_name = domain_,
                 .type_name = type.name,
                 .stream = fact.stream,
                 .user = user,
                 .data = data});
  }
  if (observed) {
    if (data.data() != scratch_.data()) scratch_.assign(data);
    ring_->publish(type.action_class, ring_types_[type.number], scratch_, fact.position, cause.id,
                   cause.meta.correlation);
  }
}

void Observers::publish() { bus_->publish(std::exchange(batch_, nullptr)); }

}  // namespace composable::host
