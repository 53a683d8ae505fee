// In-process observers are told of everything, and the loops of what sockets may see.
#include <utility>

#include "observe/log.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// Tells observers of the command or internal action that an effect produced, once it was decided
// and before what it led to.
void Store::Core::broadcast_produced() {
  if (!std::exchange(current_->produced, false)) return;
  const Fact fact{*current_->action, {}, 0};
  broadcast(fact, *current_->scope->cause);
  reply_if_awaited(fact, *current_->scope->cause);
}

// To in-process observers, whatever the class, and to the loops what sockets may see.
void Store::Core::broadcast(const Fact& fact, Cause& cause) {
  const ActionType& type = domain_->actions()[fact.action.type];
  const bool observed = ring_->observed();
  const bool visible = type.action_class == COMPOSABLE_CLASS_EVENT &&
                       type.visibility == COMPOSABLE_VISIBILITY_PUBLIC && env_.bus != nullptr &&
                       env_.bus->listening();
  if (!observed && !visible) return;
  std::string_view data(static_cast<const char*>(fact.action.data), fact.action.size);
  if (fact.action.form != COMPOSABLE_FORM_JSON) {
    scratch_.clear();
    if (domain_->encode(fact.action, scratch_, error_) < 0) {
      log_error(name_, "encode_failed", {{"action", type.name}, {"reason", error_.message}});
      return;
    }
    data = scratch_;
  }
  if (visible) {
    if (batch_ == nullptr) batch_ = std::make_shared<BroadcastBatch>();
    batch_->add({.domain = options_.number,
                 .type = type.number,
                 .action_class = type.action_class,
                 .visibility = type.visibility,
                 .position = fact.position,
                 .origin = cause.origin,
                 .correlation = cause.meta.correlation,
                 .domain_name = name_,
                 .type_name = type.name,
                 .stream = fact.stream,
                 .data = data});
  }
  if (observed) {
    if (data.data() != scratch_.data()) scratch_.assign(data);
    ring_->publish(type.action_class, ring_types_[type.number], scratch_, fact.position, cause.id,
                   cause.meta.correlation);
  }
}

void Store::Core::flush_broadcasts() {
  if (batch_ != nullptr) env_.bus->publish(std::exchange(batch_, nullptr));
}

}  // namespace composable::host
