#include "store/causes.hpp"

#include <utility>

namespace composable::host {

Cause& Causes::make() {
  Cause* cause;
  if (free_.empty()) {
    cause = memory_.emplace_back(std::make_unique<Cause>()).get();
  } else {
    cause = free_.back();
    free_.pop_back();
  }
  cause->id = next_++;
  cause->root.cause = cause;
  count();
  return *cause;
}

void Causes::free(Cause& cause) {
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
  cause.at_log = 0;
  cause.failed = false;
  cause.fired_timer.clear();
  free_.push_back(&cause);
  count();
}

void Causes::start(std::vector<StagedEffect>& effects, Scope& scope) {
  for (StagedEffect& effect : effects) listener_.start_effect(effect, scope);
  effects.clear();
}

void Causes::start_group(StagedEffect& group, Scope& parent) {
  auto owned = std::make_unique<Scope>();
  Scope& scope = *owned;
  scope.cause = parent.cause;
  scope.parent = &parent;
  scope.outstanding = 1;  // held while its effects are being started
  groups_.emplace(&scope, std::move(owned));
  ++parent.outstanding;
  if (group.kind == StagedEffect::Kind::kParallel) {
    start(group.children, scope);
  } else {
    scope.steps = std::move(group.children);
  }
  release(scope);
}

// Starts one step of a sequence. False: there is none left.
bool Causes::start_next_step(Scope& scope) {
  if (scope.next_step == scope.steps.size()) return false;
  ++scope.outstanding;
  listener_.start_effect(scope.steps[scope.next_step++], scope);
  --scope.outstanding;
  return true;
}

void Causes::release(Scope& scope) {
  Scope* at = &scope;
  --at->outstanding;
  while (at->outstanding == 0) {
    if (start_next_step(*at)) continue;  // a step that left nothing outstanding: the one after it
    Scope* const parent = at->parent;
    if (parent == nullptr) return listener_.settled(*at->cause);
    groups_.erase(at);
    at = parent;
    --at->outstanding;
  }
}

void Causes::start_later(StagedEffect& effect, Scope& scope) {
  ++scope.outstanding;
  later_.push_back({&scope, std::move(effect)});
}

void Causes::cancel_later(const std::string& key) {
  for (Later& later : later_) {
    if (later.effect && later.effect->key == key) later.effect.reset();
  }
}

void Causes::do_later() {
  Later next = std::move(later_.front());
  later_.pop_front();
  if (next.effect) listener_.start_effect(*next.effect, *next.scope);
  release(*next.scope);
}

}  // namespace composable::host
