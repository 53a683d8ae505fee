// Decides one command or internal action and acts on the effects.
#include <utility>

#include "absl/strings/str_format.h"
#include "store/pipeline.hpp"
#include "store/reducer_context.hpp"
#include "store/route_call.hpp"

namespace composable::host {

void Pipeline::start_cause(const composable_action& command, const Caller& caller,
                           const Wait& wait) {
  Cause& cause = deps_.causes.make();
  cause.meta.correlation = caller.correlation;
  if (!caller.actor.empty()) cause.meta.actor = caller.actor;
  cause.origin = caller.origin;
  cause.now_us = caller.now_us;
  cause.waiter = wait.waiter;
  cause.route = wait.route;
  cause.match = wait.match;
  cause.timeout_ms = wait.timeout_ms == 0 ? deps_.timeout_ms : wait.timeout_ms;
  cause.root.outstanding = 1;
  const std::uint64_t id = cause.id;
  decide(command, cause.root, false);
  // What could not be answered at once gets a deadline; a cause that ended may be another by now.
  if (cause.id == id) deps_.waits.add(cause, cause.timeout_ms);
}

void Pipeline::decide(const composable_action& action, Scope& scope, bool produced) {
  Cause& cause = *scope.cause;
  const std::int64_t given_us = std::exchange(cause.now_us, 0);
  const std::int64_t now_us = given_us != 0 ? given_us : deps_.clock.unix_micros();
  if (refused_as_poison(action, scope, produced)) return deps_.causes.release(scope);
  deps_.cells.add_decided();
  ReducerContext seen(now_us, cause.meta.actor, cause.meta.correlation);
  composable_context& context = seen.abi();
  context.position = deps_.serving.position;
  if (cause.hops != 0) context.flags = COMPOSABLE_CONTEXT_DELIVERED;
  context.random[0] = deps_.rng.next();
  context.random[1] = deps_.rng.next();

  Current current{.scope = &scope, .context = &context, .action = &action, .produced = produced};
  Current* const outer = std::exchange(current_, &current);
  stage_.reset(domain());
  composable_status status = domain().decide(action, context, stage_.sink(), error_);
  // The sink's refusal is the fault, unless decide has a message of its own.
  if (status >= 0 ? !stage_.complete() : error_.message.empty() && stage_.status() < 0) {
    status = stage_.status();
    error_ = {status, stage_.fault(), ""};
  }
  // An action that the domain made itself is not the client's fault.
  if (stage_.status() == COMPOSABLE_E_INVALID) error_.code = COMPOSABLE_E_FAILED;
  if (current.failed) {
    // The evolve of an ephemeral domain failed: the domain has halted, and every wait has ended.
  } else if (status < 0) {
    refuse_in_order(scope, refusal_of(error_, "decide"));
  } else if (needs_log()) {
    persist(action, scope);
  } else if (!deps_.output.empty()) {
    enter_flight(scope, nullptr);
  } else {
    if (!stage_.committed()) apply_facts();
    broadcast_produced();
    if (!current.failed) deps_.causes.start(stage_.after(), scope);
  }
  current_ = outer;
  deps_.causes.release(scope);
}

// Appends, and the end of a stored delay: a cancel alone must be durable before it is answered.
bool Pipeline::needs_log() const {
  return !stage_.appends().empty() ||
         (!stage_.after().empty() && ends_stored_delay(stage_.after()));
}

bool Pipeline::ends_stored_delay(const std::vector<StagedEffect>& effects) const {
  for (const StagedEffect& effect : effects) {
    if (ends_stored_delay(effect.children)) return true;
    if (effect.kind != StagedEffect::Kind::kCancel || effect.key.empty()) continue;
    if (!deps_.output.empty() || deps_.timers.stored(effect.key)) return true;
  }
  return false;
}

// A refusal that depends on the state: it is not sent before the state is durable.
void Pipeline::refuse_in_order(Scope& scope, Refusal refusal) {
  Cause& cause = *scope.cause;
  if (deps_.output.empty() || cause.waiter == nullptr || cause.decided) {
    return deps_.waits.refuse(cause, refusal);
  }
  deps_.output.hold_refusal(scope, std::move(refusal));
}

// True: the command's event could not be evolved before, and it is too early to try it again. From
// outside it is refused; what the domain made for itself waits.
bool Pipeline::refused_as_poison(const composable_action& action, Scope& scope, bool produced) {
  if (deps_.recovery.refuses_nothing()) return false;
  const std::int64_t now = deps_.clock.steady_micros();
  const std::optional<std::int64_t> until = deps_.recovery.refused_until(action.type, now);
  if (!until) return false;
  const std::int64_t wait_us = *until - now;
  if (!produced) {
    Refusal refusal = internal_error(absl::StrFormat(
        "%s: an event of it could not be evolved; refused for %d ms more, so that rebuilding the "
        "state leaves time for others",
        domain().actions()[action.type].name, wait_us / 1000));
    refusal.retry_after_s = static_cast<std::uint32_t>(wait_us / 1'000'000 + 1);
    deps_.waits.refuse(*scope.cause, refusal);
    return true;
  }
  std::string data;
  if (domain().encode(action, data, error_) < 0) {
    deps_.waits.refuse(*scope.cause, refusal_of(error_, "encode"));
  } else {
    deps_.timers.postpone(action.type, std::move(data), scope, wait_us);
  }
  return true;
}

}  // namespace composable::host
