// What happened becomes state, and then the world is told: observers, loops, who waits.
#include <utility>

#include "observe/log.hpp"
#include "store/pipeline.hpp"
#include "store/reducer_context.hpp"

namespace composable::host {

// [serial, inside the plugin's decide]
void Store::Core::commit() {
  mailbox_.assert_inside();
  if (stage_.appends().empty()) {
    finish_facts();
  } else {
    stage_.encode_facts();
  }
}

// Tells observers of the command or internal action that an effect produced, once it was decided
// and before what it led to.
void Store::Core::tell_produced() {
  if (!std::exchange(current_->produced, false)) return;
  const Fact fact{*current_->action, {}, 0};
  tell(fact, *current_->scope->cause);
  match(fact, *current_->scope->cause);
}

// Evolves what was applied, in order, then tells of everything.
void Store::Core::finish_facts() {
  const std::size_t n = stage_.facts();
  if (n == 0) return;
  tell_produced();
  Cause& cause = *current_->scope->cause;
  composable_context& context = *current_->context;  // decide has no more use for it
  context.flags = 0;
  context.position = 0;
  context.random[0] = context.random[1] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const StagedFact& fact = stage_.fact(i);
    if (!fact.evolves) continue;
    if (domain_.evolve(fact.view(), context, error_) < 0) {
      current_->failed = true;
      return halt(0, error_);
    }
    applied_[fact.action.type]->add_alone();
  }
  for (std::size_t i = 0; i < n; ++i) tell({stage_.fact(i).view(), {}, 0}, cause);
  publish();
  for (std::size_t i = 0; i < n; ++i) match({stage_.fact(i).view(), {}, 0}, cause);
}

bool Store::Core::evolve_stored(Append& request) {
  ReducerContext context(request.recorded_at_us, request.meta.actor, request.meta.correlation);
  std::uint64_t position = request.result.first_position;
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    std::uint64_t version = request.result.first_versions[s];
    for (std::size_t e = 0; e < request.streams[s].events.size(); ++e, ++position, ++version) {
      if (position <= position_) continue;  // it was there when the state caught up
      const NewEvent& event = request.streams[s].events[e];
      const std::uint32_t type = request.types[s][e];
      context.at(request.streams[s].stream, version, position);
      if (domain_.evolve({type, COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
                         context.abi(), error_) < 0) {
        halt(position, error_);
        return false;
      }
      applied_[type]->add_alone();
      position_ = position;
    }
  }
  shown_position_.store(position_, std::memory_order_relaxed);
  request.scope->cause->position = position - 1;
  return true;
}

// What lies at or before `known` was told when the state caught up.
void Store::Core::tell_stored(Append& request, std::uint64_t known) {
  std::uint64_t position = request.result.first_position;
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    for (std::size_t e = 0; e < request.streams[s].events.size(); ++e) {
      const NewEvent& event = request.streams[s].events[e];
      if (position <= known) {
        ++position;
        continue;
      }
      tell({{request.types[s][e], COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
            request.streams[s].stream, position++},
           *request.scope->cause);
    }
  }
  for (const StagedFact& fact : request.facts) {
    tell({fact.view(), {}, 0}, *request.scope->cause);
  }
}

// To in-process observers, whatever the class, and to the loops what sockets may see.
void Store::Core::tell(const Fact& fact, Cause& cause) {
  const ActionType& type = domain_.actions()[fact.action.type];
  const bool observed = ring_->observed();
  const bool visible = type.action_class == COMPOSABLE_CLASS_EVENT &&
                       type.visibility != COMPOSABLE_VISIBILITY_PRIVATE &&
                       env_.bus != nullptr && env_.bus->listening();
  if (!observed && !visible) return;
  scratch_.clear();
  if (domain_.encode(fact.action, scratch_, error_) < 0) {
    log_error(domain_.name(), "encode_failed", {{"action", type.name}, {"reason", error_.message}});
    return;
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
                 .domain_name = domain_.name(),
                 .type_name = type.name,
                 .stream = fact.stream,
                 .owner = cause.meta.actor,
                 .data = scratch_});
  }
  if (observed) {
    ring_->publish(type.action_class, ring_types_[type.number], scratch_, fact.position, cause.id,
                   cause.meta.correlation);
  }
}

void Store::Core::publish() {
  if (batch_ != nullptr) env_.bus->publish(std::exchange(batch_, nullptr));
}

// Ends the wait of the cause when the fact is what it waits for.
void Store::Core::match(const Fact& fact, Cause& cause) {
  if (cause.waiter == nullptr) return;
  const ActionType& type = domain_.actions()[fact.action.type];
  if (cause.match != nullptr) {
    std::string data;
    CallError error;
    if (domain_.encode(fact.action, data, error) < 0 || !(*cause.match)(type.name, data)) return;
    const composable_action json{type.number, COMPOSABLE_FORM_JSON, data.data(), data.size()};
    return end_wait(cause, {.kind = Outcome::Kind::kMatched, .action = &json,
                            .position = fact.position});
  }
  if (cause.outcomes != nullptr) {
    for (const std::uint32_t outcome : *cause.outcomes) {
      if (outcome == fact.action.type) {
        return end_wait(cause, {.kind = Outcome::Kind::kMatched, .action = &fact.action,
                                .position = cause.position});
      }
    }
  }
  if (type.action_class == COMPOSABLE_CLASS_REJECTION) {
    Refusal refusal{static_cast<std::uint16_t>(type.status), type.code, {}, {}, 0};
    domain_.explain(fact.action, refusal.message, refusal.path);
    end_wait(cause, {.kind = Outcome::Kind::kRefused, .action = &fact.action,
                     .position = cause.position, .refusal = &refusal});
  }
}

void Store::Core::end_wait(Cause& cause, const Outcome& outcome) {
  if (cause.waiter == nullptr) return;
  deadlines_.remove(cause);
  std::exchange(cause.waiter, nullptr)->ended(outcome);
}

void Store::Core::refuse_wait(Cause& cause, const Refusal& refusal) {
  end_wait(cause, {.kind = Outcome::Kind::kRefused, .position = cause.position,
                   .refusal = &refusal});
}

}  // namespace composable::host
