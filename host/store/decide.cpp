// One command or internal action: asking the domain, and following what it said.
#include <utility>

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
  decide(action, cause.root, false, 0, nullptr);
  // What could not be answered at once gets a deadline.
  if (cause.id == id && cause.waiter != nullptr) {
    deadlines_.add(cause, cause.timeout_ms, env_.clock->steady_micros());
  }
}

// Decides one command or internal action, which holds one count of `scope`.
void Store::Core::decide(const composable_action& action, Scope& scope, bool produced,
                         std::uint32_t attempts, ParkedCommand* ticket) {
  count(decided_);
  Cause& cause = *scope.cause;
  std::vector<std::string> left;  // streams whose queue this command has left
  if (!catch_up()) {
    if (ticket != nullptr) left = parking_.leave(ticket).streams;
    refuse(cause, unavailable("The event store cannot be read now"));
    for (const std::string& stream : left) parking_.wake(stream, ready_);
    return release(scope);
  }
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
  if (status < 0 || current.failed) {
    if (ticket != nullptr) left = parking_.leave(ticket).streams;
    if (!current.failed) decide_failed(scope, error_);
  } else if (stage_.appends().empty()) {
    if (ticket != nullptr) left = parking_.leave(ticket).streams;
    if (!stage_.committed()) apply_facts();
    broadcast_produced();
    if (!current.failed) start_effects(stage_.after(), scope);
  } else {
    const bool free = parking_.free(stage_.appends(), ticket);
    if (ticket != nullptr) left = parking_.leave(ticket).streams;
    if (free) {
      broadcast_produced();
      persist(action, scope, attempts, context);
    } else {
      park(action, scope, attempts);
    }
  }
  current_ = outer;
  for (const std::string& stream : left) parking_.wake(stream, ready_);
  release(scope);
}

void Store::Core::decide_failed(Scope& scope, const CallError& error) {
  refuse(*scope.cause, refusal_of(error, "decide"));
}

}  // namespace composable::host
