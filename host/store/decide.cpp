// One command or internal action: asking the domain, and following what it said.
#include <utility>

#include "absl/strings/str_format.h"
#include "events/append_rules.hpp"
#include "store/pipeline.hpp"
#include "store/reducer_context.hpp"

namespace composable::host {

void Store::Core::start_cause(const composable_action& action, const Caller& caller,
                              const Wait& wait) {
  Cause& cause = new_cause();
  cause.meta.correlation = caller.correlation;
  if (!caller.actor.empty()) cause.meta.actor = caller.actor;
  cause.origin = caller.origin;
  cause.now_us = caller.now_us;
  cause.waiter = wait.waiter;
  cause.route = wait.route;
  cause.match = wait.match;
  cause.timeout_ms = wait.timeout_ms == 0 ? options_.timeout_ms : wait.timeout_ms;
  cause.root.outstanding = 1;
  const std::uint64_t id = cause.id;
  decide(action, cause.root, false);
  // What could not be answered at once gets a deadline.
  if (cause.id == id && cause.waiter != nullptr) {
    deadlines_.add(cause, cause.timeout_ms, env_.clock->steady_micros());
  }
}

// Decides one command or internal action, which holds one count of `scope`.
void Store::Core::decide(const composable_action& action, Scope& scope, bool produced) {
  if (refused_as_poison(action, scope, produced)) return release(scope);
  count(decided_);
  Cause& cause = *scope.cause;
  const std::int64_t now_us = std::exchange(cause.now_us, 0);
  ReducerContext seen(now_us != 0 ? now_us : env_.clock->unix_micros(), cause.meta.actor,
                      cause.meta.correlation);
  composable_context& context = seen.abi();
  context.position = position_;
  if (cause.hops != 0) context.flags = COMPOSABLE_CONTEXT_DELIVERED;
  context.random[0] = env_.rng->next();
  context.random[1] = env_.rng->next();

  Current current{.scope = &scope, .context = &context, .action = &action, .produced = produced};
  Current* const outer = std::exchange(current_, &current);
  stage_.reset(*domain_);
  composable_status status = domain_->decide(action, context, stage_.sink(), error_);
  // What the sink refused is the fault, unless decide has words of its own for it.
  if (status >= 0 ? !stage_.complete() : error_.message.empty() && stage_.status() < 0) {
    status = stage_.status();
    error_ = {status, stage_.fault(), ""};
  }
  if (current.failed) {
    // The evolve of an ephemeral domain: it has halted, and everybody was told.
  } else if (status < 0) {
    refuse_in_order(scope, refusal_of(error_, "decide"));
  } else if (needs_log()) {
    append(action, scope);
  } else if (flight_.empty()) {
    if (!stage_.committed()) apply_facts();
    broadcast_produced();
    if (!current.failed) start_effects(stage_.after(), scope);
  } else {
    enter_flight(scope, nullptr);
  }
  current_ = outer;
  release(scope);
}

// Appends, and the end of a stored delay: one that is taken back alone is gone when that is told.
bool Store::Core::needs_log() {
  if (!stage_.appends().empty()) return true;
  for (const StagedEffect& effect : stage_.after()) {
    if (effect.kind != StagedEffect::Kind::kCancel || effect.key.empty()) continue;
    if (!flight_.empty() || delays_.stored(effect.key)) return true;
  }
  return false;
}

// Checks what was decided against the streams as they are, evolves it, and hands it over. What is
// refused here has moved nothing but, perhaps, a state that is rebuilt.
void Store::Core::append(const composable_action& command, Scope& scope) {
  Cause& cause = *scope.cause;
  std::string fired_timer = cause.fired_timer;
  std::unique_ptr<FlightRequest> request = make_request(cause, *current_->context);
  std::optional<Refusal> refusal = check_expectations(*request);
  if (!refusal && refuse_malformed(*request)) {
    refusal = internal_error(request->result.message);
  }
  if (!refusal && !evolve_request(command, *request)) {
    refusal = internal_error(absl::StrFormat("evolve: %s", error_.message));
  }
  if (!refusal) return enter_flight(scope, std::move(request));
  cause.fired_timer = std::move(fired_timer);
  refuse_in_order(scope, *std::move(refusal));
}

// A refusal that was made on the state: it is not told before that is durable.
void Store::Core::refuse_in_order(Scope& scope, Refusal refusal) {
  Cause& cause = *scope.cause;
  if (flight_.empty() || cause.waiter == nullptr || cause.decided) return refuse(cause, refusal);
  cause.decided = true;
  ++scope.outstanding;
  FlightEntry entry;
  entry.scope = &scope;
  entry.answers = true;
  entry.kind = Outcome::Kind::kRefused;
  entry.refusal = std::move(refusal);
  flight_.add(std::move(entry));
  n_flight_.store(flight_.size(), std::memory_order_relaxed);
}

// True: the command's event could not be evolved before, and it is too early to try it again. From
// outside it is refused; what the domain made for itself waits.
bool Store::Core::refused_as_poison(const composable_action& action, Scope& scope, bool produced) {
  if (refused_types_.none()) return false;
  const std::int64_t now = env_.clock->steady_micros();
  const std::optional<std::int64_t> until = refused_types_.until(action.type, now);
  if (!until) return false;
  const std::int64_t wait_us = *until - now;
  if (!produced) {
    Refusal refusal = internal_error(absl::StrFormat(
        "%s: an event of it could not be evolved; refused for %d ms more, so that rebuilding the "
        "state leaves time for others",
        domain_->actions()[action.type].name, wait_us / 1000));
    refusal.retry_after_s = static_cast<std::uint32_t>(wait_us / 1'000'000 + 1);
    refuse(*scope.cause, refusal);
    return true;
  }
  Delay delay;
  delay.due_us = env_.clock->unix_micros() + wait_us;
  delay.type = action.type;
  if (domain_->encode(action, delay.data, error_) < 0) {
    refuse(*scope.cause, refusal_of(error_, "encode"));
    return true;
  }
  delay.meta = scope.cause->meta;
  delay.scope = &scope;
  ++scope.outstanding;
  delays_.add(std::move(delay));
  n_delays_.store(delays_.size(), std::memory_order_relaxed);
  return true;
}

}  // namespace composable::host
