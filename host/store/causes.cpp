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

void Causes::release_one() {
  Scope* const scope = later_.back();
  later_.pop_back();
  release(*scope);
}

}  // namespace composable::host
