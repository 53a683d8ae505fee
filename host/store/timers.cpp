// Delays and the deadlines of waits: one timer for the earliest of all.
#include <algorithm>
#include <utility>

#include "store/pipeline.hpp"

namespace composable::host {

void Store::Core::start_delay(StagedEffect& effect, Scope& scope) {
  if (delays_.size() >= options_.delays) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return effect_failed(scope, effect.kind, "delay", "too many delays are pending");
  }
  Delay delay;
  delay.key = std::move(effect.key);
  delay.due_us = effect.stored
                     ? effect.due_us
                     : env_.clock->unix_micros() + static_cast<std::int64_t>(effect.amount);
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

void Store::Core::cancel(const StagedEffect& effect) {
  const std::string& key = effect.key;
  auto [was_pending, delay] = delays_.remove(key);
  n_delays_.store(delays_.size(), std::memory_order_relaxed);
  if (was_pending) {
    if (delay.stored && !effect.stored) forget_timer(key);
    if (delay.scope != nullptr) release(*delay.scope);
  }
  std::vector<std::shared_ptr<JobRun>> named;
  for (const auto& [id, run] : jobs_) {
    if (has_key(*run, key)) named.push_back(run);
  }
  for (const auto& run : named) cancel_job(*run);
}

// Whether the row of this name is that of a later delay, pending or in flight.
bool Store::Core::has_new_row(const std::string& key) const {
  if (delays_.stored(key)) return true;
  for (std::size_t n = 0; n < flight_.size(); ++n) {
    const FlightRequest* const request = flight_.at(n).request;
    if (request == nullptr) continue;
    for (const TimerWrite& timer : request->timers) {
      if (timer.key == key) return true;
    }
  }
  return false;
}

// Removes the row of a stored delay.
void Store::Core::forget_timer(std::string key) {
  if (has_new_row(key)) return;
  auto request = std::make_unique<FlightRequest>();
  request->domain = name_;
  request->flight = flight_.number();
  request->cancelled_timers.push_back(std::move(key));
  send_to_log(flight_.add({}), std::move(request));
}

void Store::Core::fire_due() {
  if (halted_.load(std::memory_order_relaxed)) return;
  const std::int64_t now = env_.clock->unix_micros();
  for (;;) {
    auto [due, delay] = delays_.due(now);
    if (!due) break;
    if (delay.scope != nullptr) {  // its count becomes the action's
      feedback_.push_back({delay.type, std::move(delay.data), delay.scope});
      n_feedback_.store(feedback_.size(), std::memory_order_relaxed);
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
    end_now(*cause, timed_out("The outcome did not come in time"));
  }
}

// One timer for the earliest deadline or delay. One that fires too early finds nothing to do.
void Store::Core::arm_timer() {
  std::int64_t due = deadlines_.earliest();
  if (delays_.size() != 0 && !halted_.load(std::memory_order_relaxed)) {
    const std::int64_t in =
        std::max<std::int64_t>(0, delays_.earliest() - env_.clock->unix_micros());
    due = std::min(due, env_.clock->steady_micros() + in);
  }
  if (due >= timer_due_) return;
  timer_due_ = due;
  const std::int64_t in = std::max<std::int64_t>(0, due - env_.clock->steady_micros());
  env_.scheduler->after(in, [weak = weak_from_this(), due] {
    const auto core = weak.lock();
    if (core == nullptr) return;
    core->post_urgent([core = core.get(), due]() {
      core->mailbox_.assert_inside();
      if (core->timer_due_ == due) core->timer_due_ = Deadlines::kNever;
      core->expire_waits();
      core->fire_due();
    });
  });
}

}  // namespace composable::host
