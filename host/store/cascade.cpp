// Effects after the commit, and the counting that says when a cause has settled.
#include <algorithm>
#include <utility>

#include "observe/log.hpp"
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
  cause.outcomes = nullptr;
  cause.match = nullptr;
  cause.deadline = 0;
  cause.fired_timer.clear();
  free_causes_.push_back(&cause);
  n_causes_.store(cause_memory_.size() - free_causes_.size(), std::memory_order_relaxed);
}

void Store::Core::start(std::vector<StagedEffect>& effects, Scope& scope) {
  for (StagedEffect& effect : effects) start_one(effect, scope);
  effects.clear();
}

void Store::Core::start_one(StagedEffect& effect, Scope& scope) {
  count(effects_);
  started_[static_cast<std::size_t>(effect.kind)]->add_alone();
  switch (effect.kind) {
    case StagedEffect::Kind::kSend:
      return feed_back(effect.number, std::move(effect.data), scope);
    case StagedEffect::Kind::kDelay:
      return start_delay(effect, scope);
    case StagedEffect::Kind::kCancel:
      return cancel(effect.key);
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
    start(group.children, scope);
  } else {
    scope.steps = std::move(group.children);
  }
  release(scope);
}

// Starts one step of a sequence. False: there is none left.
bool Store::Core::start_next_step(Scope& scope) {
  if (scope.next_step == scope.steps.size()) return false;
  ++scope.outstanding;
  start_one(scope.steps[scope.next_step++], scope);
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

void Store::Core::settle(Cause& cause) {
  end_wait(cause, {.kind = Outcome::Kind::kSettled, .position = cause.position});
  if (!cause.fired_timer.empty()) forget_timer(std::move(cause.fired_timer));
  free_cause(cause);
}

// --- delays -----------------------------------------------------------------------------------------

void Store::Core::start_delay(StagedEffect& effect, Scope& scope) {
  if (delays_.size() >= options_.delays) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return effect_failed(scope, effect.kind, "delay", "too many delays are pending");
  }
  Delay delay;
  delay.key = std::move(effect.key);
  delay.due_us = effect.stored ? effect.due_us
                               : env_.clock->unix_micros() +
                                     static_cast<std::int64_t>(effect.amount);
  delay.type = effect.number;
  delay.data = std::move(effect.data);
  delay.meta = scope.cause->meta;
  delay.stored = effect.stored;
  if (scope.parent != nullptr) {  // one inside a group is part of what must settle
    delay.scope = &scope;
    ++scope.outstanding;
  }
  auto [was_pending, replaced] = delays_.add(std::move(delay));
  n_delays_.store(delays_.size(), std::memory_order_relaxed);
  if (!was_pending) return;
  if (replaced.stored && !effect.stored) forget_timer(replaced.key);
  if (replaced.scope != nullptr) release(*replaced.scope);
}

void Store::Core::cancel(const std::string& key) {
  auto [was_pending, delay] = delays_.remove(key);
  n_delays_.store(delays_.size(), std::memory_order_relaxed);
  if (was_pending) {
    if (delay.stored) forget_timer(key);
    if (delay.scope != nullptr) release(*delay.scope);
  }
  std::vector<std::shared_ptr<JobRun>> named;
  for (const auto& [id, run] : jobs_) {
    if (has_key(*run, key)) named.push_back(run);
  }
  for (const auto& run : named) cancel_job(*run);
}

// Removes the row of a stored delay, unless one of that name is pending again.
void Store::Core::forget_timer(std::string key) {
  if (delays_.stored(key)) return;
  auto request = std::make_unique<Append>();
  request->domain = domain_.name();
  request->cancelled_timers.push_back(std::move(key));
  env_.events->append(std::move(request), *this);
}

void Store::Core::fire_due() {
  if (halted_.load(std::memory_order_relaxed)) return;
  const std::int64_t now = env_.clock->unix_micros();
  for (;;) {
    auto [due, delay] = delays_.due(now);
    if (!due) break;
    if (delay.scope != nullptr) {  // its count becomes the action's
      feedback_.push_back({delay.type, std::move(delay.data), delay.scope});
      continue;
    }
    Cause& cause = new_cause();
    cause.meta = std::move(delay.meta);
    cause.meta.cause = Uuid{};
    if (delay.stored) cause.fired_timer = std::move(delay.key);
    feed_back(delay.type, std::move(delay.data), cause.root);
  }
  n_delays_.store(delays_.size(), std::memory_order_relaxed);
}

void Store::Core::expire_waits() {
  const std::int64_t now = env_.clock->steady_micros();
  while (Cause* cause = deadlines_.expired(now)) {
    refuse_wait(*cause, {504, "TIMEOUT", "The outcome did not come in time", "", 0});
  }
}

// One timer for the earliest deadline or delay. One that fires too early finds nothing to do.
void Store::Core::arm_timer() {
  std::int64_t due = deadlines_.earliest();
  if (delays_.size() != 0 && !halted_.load(std::memory_order_relaxed)) {
    const std::int64_t in = std::max<std::int64_t>(0, delays_.earliest() - env_.clock->unix_micros());
    due = std::min(due, env_.clock->steady_micros() + in);
  }
  if (due >= timer_due_) return;
  timer_due_ = due;
  const std::int64_t in = std::max<std::int64_t>(0, due - env_.clock->steady_micros());
  env_.scheduler->after(in, [weak = weak_from_this(), due] {
    const auto core = weak.lock();
    if (core == nullptr) return;
    core->queue_internal([core = core.get(), due]() {
      core->mailbox_.assert_inside();
      if (core->timer_due_ == due) core->timer_due_ = Deadlines::kNever;
      core->expire_waits();
      core->fire_due();
    });
  });
}

}  // namespace composable::host
