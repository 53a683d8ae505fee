// Effects once they may leave, and the counting that says when a cause has settled.
#include <utility>

#include "store/pipeline.hpp"

namespace composable::host {

Cause& Store::Core::new_cause() {
  Cause* cause;
  if (free_causes_.empty()) {
    cause = cause_memory_.emplace_back(std::make_unique<Cause>()).get();
  } else {
    cause = free_causes_.back();
    free_causes_.pop_back();
  }
  cause->id = next_cause_++;
  cause->root.cause = cause;
  n_causes_.store(cause_memory_.size() - free_causes_.size(), std::memory_order_relaxed);
  return *cause;
}

void Store::Core::free_cause(Cause& cause) {
  cause.id = 0;
  cause.meta.correlation = cause.meta.cause = Uuid{};
  cause.meta.actor.clear();
  cause.meta.traceparent.clear();
  cause.origin = 0;
  cause.root.outstanding = 0;
  cause.position = 0;
  cause.hops = 0;
  cause.waiter = nullptr;
  cause.route = Cause::kNoRoute;
  cause.match = nullptr;
  cause.deadline = 0;
  cause.decided = false;
  cause.fired_timer.clear();
  free_causes_.push_back(&cause);
  n_causes_.store(cause_memory_.size() - free_causes_.size(), std::memory_order_relaxed);
}

void Store::Core::start_effects(std::vector<StagedEffect>& effects, Scope& scope) {
  for (StagedEffect& effect : effects) start_effect(effect, scope);
  effects.clear();
}

void Store::Core::start_effect(StagedEffect& effect, Scope& scope) {
  count(effects_);
  started_[static_cast<std::size_t>(effect.kind)]->add_alone();
  switch (effect.kind) {
    case StagedEffect::Kind::kSend:
      return feed_back(effect.number, std::move(effect.data), scope);
    case StagedEffect::Kind::kDelay:
      return start_delay(effect, scope);
    case StagedEffect::Kind::kCancel:
      return cancel(effect);
    case StagedEffect::Kind::kJob:
      return start_job(effect, scope);
    case StagedEffect::Kind::kLoad:
      return start_load(effect, scope);
    case StagedEffect::Kind::kPublish:
      return publish_event(effect, scope);
    case StagedEffect::Kind::kParallel:
    case StagedEffect::Kind::kSequential:
      return start_group(effect, scope);
  }
}

void Store::Core::feed_back(std::uint32_t type, std::string data, Scope& scope) {
  ++scope.outstanding;
  feedback_.push_back({type, std::move(data), &scope});
  n_feedback_.store(feedback_.size(), std::memory_order_relaxed);
}

void Store::Core::start_group(StagedEffect& group, Scope& parent) {
  auto owned = std::make_unique<Scope>();
  Scope& scope = *owned;
  scope.cause = parent.cause;
  scope.parent = &parent;
  scope.outstanding = 1;  // held while its effects are being started
  groups_.emplace(&scope, std::move(owned));
  ++parent.outstanding;
  if (group.kind == StagedEffect::Kind::kParallel) {
    start_effects(group.children, scope);
  } else {
    scope.steps = std::move(group.children);
  }
  release(scope);
}

// Starts one step of a sequence. False: there is none left.
bool Store::Core::start_next_step(Scope& scope) {
  if (scope.next_step == scope.steps.size()) return false;
  ++scope.outstanding;
  start_effect(scope.steps[scope.next_step++], scope);
  --scope.outstanding;
  return true;
}

// Gives one count back, and passes on what that ends: the next step, the group, the cause.
void Store::Core::release(Scope& scope) {
  Scope* at = &scope;
  --at->outstanding;
  while (at->outstanding == 0) {
    if (start_next_step(*at)) continue;  // a step that left nothing outstanding: the one after it
    Scope* const parent = at->parent;
    if (parent == nullptr) return settle(*at->cause);
    groups_.erase(at);
    at = parent;
    --at->outstanding;
  }
}

// All of the cause is durable. An answer that is rendered on the state of this moment leaves behind
// all that is in it.
void Store::Core::settle(Cause& cause) {
  const Outcome settled{.kind = Outcome::Kind::kSettled, .position = cause.position};
  if (cause.waiter != nullptr && !cause.decided) {
    if (mailbox_.paused() && cause.waiter->reads_state()) {  // there is no state to render now
      cause.root.outstanding = 1;
      return release_later_.push_back(&cause.root);
    }
    cause.waiter->render(settled);
    if (!flight_.empty() && cause.waiter->reads_state()) {
      cause.decided = true;
      cause.root.outstanding = 1;
      FlightEntry entry;
      entry.scope = &cause.root;
      entry.answers = true;
      flight_.add(std::move(entry));
      return;
    }
  }
  reply(cause, settled);
  if (!cause.fired_timer.empty()) forget_timer(std::move(cause.fired_timer));
  free_cause(cause);
}

}  // namespace composable::host
