#include "store/timers.hpp"

#include <utility>

#include "observe/log.hpp"

namespace composable::host {

void Timers::start(StagedEffect& effect, Scope& scope) {
  if (delays_.size() >= max_) {
    cells_.add_overloaded();
    return host_.fail(scope, effect.kind, "delay", "too many delays are pending");
  }
  Delay delay;
  delay.key = std::move(effect.key);
  delay.due_us = effect.stored ? effect.due_us
                               : clock_.unix_micros() + static_cast<std::int64_t>(effect.amount);
  delay.type = effect.number;
  delay.data = std::move(effect.data);
  delay.meta = scope.cause->meta;
  delay.stored = effect.stored;
  if (scope.parent != nullptr) {  // one inside a group is part of what must settle
    delay.scope = &scope;
    ++scope.outstanding;
  }
  auto [was_pending, replaced] = delays_.add(std::move(delay));
  count();
  if (!was_pending) return;
  if (replaced.stored && !effect.stored) forget(replaced.key);
  if (replaced.scope != nullptr) host_.release(*replaced.scope);
}

void Timers::cancel(const StagedEffect& effect) {
  auto [was_pending, delay] = delays_.remove(effect.key);
  count();
  if (!was_pending) return;
  if (delay.stored && !effect.stored) forget(effect.key);
  if (delay.scope != nullptr) host_.release(*delay.scope);
}

void Timers::postpone(std::uint32_t type, std::string data, Scope& scope, std::int64_t micros) {
  Delay delay;
  delay.due_us = clock_.unix_micros() + micros;
  delay.type = type;
  delay.data = std::move(data);
  delay.meta = scope.cause->meta;
  delay.scope = &scope;
  ++scope.outstanding;
  delays_.add(std::move(delay));
  count();
}

void Timers::fire_due() {
  const std::int64_t now = clock_.unix_micros();
  for (;;) {
    auto [due, delay] = delays_.due(now);
    if (!due) break;
    if (delay.scope != nullptr) {
      host_.feed_back(delay.type, std::move(delay.data), *delay.scope);
      host_.release(*delay.scope);  // the action's count took its place
      continue;
    }
    delay.meta.cause = Uuid{};
    Cause& cause = host_.begin(std::move(delay.meta));
    if (delay.stored) cause.fired_timer = std::move(delay.key);
    host_.feed_back(delay.type, std::move(delay.data), cause.root);
  }
  count();
}

void Timers::forget(std::string key) {
  if (!has_new_row(key)) rows_.forget_row(std::move(key));
}

void Timers::arm(std::vector<StoredTimer>& rows, const DomainHandle& domain) {
  delays_.forget_stored();
  for (StoredTimer& row : rows) {
    const ActionType* type = domain.find_action(row.action_type);
    if (type == nullptr) {
      log_error(domain.name(), "timer_unknown_action",
                {{"key", row.key}, {"action", row.action_type}});
      continue;
    }
    if (delays_.pending(row.key)) continue;  // another one took its place
    Delay delay;
    delay.key = std::move(row.key);
    delay.due_us = row.due_us;
    delay.type = type->number;
    delay.data = std::move(row.data);
    delay.meta = std::move(row.meta);
    delay.stored = true;
    delays_.add(std::move(delay));
  }
  count();
}

}  // namespace composable::host
