// How work comes in: requests, commands, readers.
#include <utility>

#include "store/access.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// Runs `work` here when the domain is free, and leaves it in the mailbox when not.
template <typename Work>
void Store::Core::enter_or_queue(Work work) {
  if (mailbox_.try_enter()) {
    work();
    drain();
  } else {
    post(std::move(work));
  }
}

Refusal Store::Core::halted() const {
  Refusal refusal = unavailable("The domain " + name_ + " is halted until it is reloaded");
  refusal.retry_after_s = 5;
  const MutexLock lock(status_mutex_);
  if (!damage_.empty()) refusal.message = "The domain " + name_ + " is halted: " + damage_;
  refusal.detail = halt_reason_;
  return refusal;
}

const Refusal& Store::Core::too_busy() {
  static const Refusal refusal = unavailable("The domain has too much to do");
  return refusal;
}

// What keeps a command from outside from being decided now: a line that is full, or a log that does
// not know what it holds or cannot write.
std::optional<Refusal> Store::Core::why_not_decide() const {
  if (in_doubt_ || failed_bytes_ != 0) return unavailable("The event store cannot write now");
  if (!flight_.has_room()) return too_busy();
  return std::nullopt;
}

std::optional<Refusal> Store::Core::why_not_read() const {
  if (in_doubt_) return unavailable("The event store cannot write now");
  if (held_reads_ >= options_.flight) return too_busy();
  return std::nullopt;
}

bool Store::Core::may_decide() const {
  return !mailbox_.paused() && !in_doubt_ && failed_bytes_ == 0 && flight_.has_room();
}

// What was taken before a shutdown is finished; what comes after is refused.
bool Store::Core::is_open() const {
  return serving_.load(std::memory_order_acquire) && !halted_.load(std::memory_order_acquire) &&
         !shutting_down_.load(std::memory_order_acquire);
}

Refusal Store::Core::closed() const {
  if (shutting_down_.load(std::memory_order_acquire)) {
    return unavailable(why_closed_);
  }
  if (halted_.load(std::memory_order_acquire)) return halted();
  return unavailable("The domain " + name_ + " is starting");
}

void Store::Core::call(std::uint32_t route, const composable_request& request, const Caller& caller,
                       RouteReply& reply) {
  if (!is_open()) return reply.refuse(closed());
  if (mailbox_.size() >= options_.mailbox) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return reply.refuse(too_busy());
  }
  if (mailbox_.try_enter()) {
    call_inside(route, request, caller, reply);
    return drain();
  }
  Caller later = caller;
  later.now_us = 0;  // it will have waited
  post([this, route, &request, later, &reply]() {
    mailbox_.assert_inside();
    if (halted_.load(std::memory_order_relaxed)) return reply.refuse(halted());
    call_inside(route, request, later, reply);
  });
}

void Store::Core::call_inside(std::uint32_t number, const composable_request& request,
                              const Caller& caller, RouteReply& reply) {
  const RouteType& route = domain_->routes()[number];
  if (route.kind == COMPOSABLE_ROUTE_READ) {
    read_route(route, request, reply);
  } else {
    route_command(route, request, caller, reply);
  }
}

RouteCall& Store::Core::new_call() {
  RouteCall* call = free_calls_;
  if (call == nullptr) {
    call = call_memory_.emplace_back(std::make_unique<RouteCall>()).get();
    call->free_list = &free_calls_;
  } else {
    free_calls_ = call->next_free;
  }
  return *call;
}

// Rendered from the state as decided so far, and sent when all of that is durable.
void Store::Core::read_route(const RouteType& route, const composable_request& request,
                             RouteReply& reply) {
  if (auto refusal = why_not_read()) return reply.refuse(*refusal);
  RouteCall& call = new_call();
  call.begin(domain_, route.number, reply);
  call.read(request);
  if (flight_.empty()) return call.ended({});
  Cause& cause = new_cause();
  cause.waiter = &call;
  cause.decided = true;
  cause.root.outstanding = 1;
  FlightEntry entry;
  entry.scope = &cause.root;
  entry.answers = entry.read = true;
  flight_.add(std::move(entry));
  ++held_reads_;
  deadlines_.add(cause, route.timeout_ms == 0 ? options_.timeout_ms : route.timeout_ms,
                 env_.clock->steady_micros());
}

void Store::Core::route_command(const RouteType& route, const composable_request& request,
                                const Caller& caller, RouteReply& reply) {
  struct Sink {
    Core* core;
    const RouteType* route;
    const Caller* caller;
    RouteReply* reply;
    bool sent = false;
  } sink{this, &route, &caller, &reply};
  composable_command_sink table{};
  table.struct_size = sizeof table;
  table.impl = &sink;
  table.send = [](composable_command_sink* self,
                  const composable_action* command) -> composable_status {
    Sink& s = *static_cast<Sink*>(self->impl);
    s.core->mailbox_.assert_inside();
    composable_action taken = command == nullptr ? composable_action{} : *command;
    taken.type =
        command == nullptr ? Numbering::kGone : s.core->domain_->action_number(command->type);
    if (s.sent || taken.type == Numbering::kGone) return COMPOSABLE_E_MISUSE;
    s.sent = true;
    RouteCall* call = &s.core->new_call();
    call->begin(s.core->domain_, s.route->number, *s.reply);
    s.core->start_cause(
        taken, *s.caller,
        {.waiter = call, .route = s.route->number, .timeout_ms = s.route->timeout_ms});
    return COMPOSABLE_OK;
  };
  const ActionType& command = domain_->actions()[route.command];
  if (auto refusal = check_access(command.access, command.role, caller.actor)) {
    return reply.refuse(*refusal);
  }
  if (auto refusal = why_not_decide()) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return reply.refuse(*refusal);
  }
  CallError error;
  const composable_status status = domain_->to_action(route.number, request, table, error);
  if (sink.sent) return;
  if (status >= 0) error = {COMPOSABLE_E_MISUSE, "to_action made no command", ""};
  reply.refuse(refusal_of(error, "to_action"));
}

void Store::Core::send(const composable_action& action, const Caller& caller, Waiter* waiter,
                       const Store::Match* match, std::uint32_t timeout_ms) {
  const auto refuse = [waiter](const Refusal& refusal) {
    if (waiter != nullptr) {
      waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
    }
  };
  if (!is_open()) return refuse(closed());
  if (mailbox_.size() >= options_.mailbox) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return refuse(too_busy());
  }
  if (mailbox_.try_enter()) {
    if (auto refusal = why_not_decide()) {
      overloaded_.fetch_add(1, std::memory_order_relaxed);
      refuse(*refusal);
    } else {
      start_cause(action, caller, {.waiter = waiter, .match = match, .timeout_ms = timeout_ms});
    }
    return drain();
  }
  std::string data;
  CallError error;
  if (domain()->encode(action, data, error) < 0) {
    return refuse(refusal_of(error, "encode"));
  }
  post([this, type = action.type, data = std::move(data), actor = std::string(caller.actor),
        correlation = caller.correlation, origin = caller.origin, waiter, match, timeout_ms]() {
    mailbox_.assert_inside();
    std::optional<Refusal> late = why_not_decide();
    if (halted_.load(std::memory_order_relaxed)) late = halted();  // since it was taken
    if (late) {
      overloaded_.fetch_add(1, std::memory_order_relaxed);
      if (waiter != nullptr) waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &*late});
      return;
    }
    start_cause({type, COMPOSABLE_FORM_JSON, data.data(), data.size()},
                {actor, correlation, origin},
                {.waiter = waiter, .match = match, .timeout_ms = timeout_ms});
  });
}

void Store::Core::read(absl::AnyInvocable<void(const DomainHandle&)> reader) {
  enter_or_queue([this, reader = std::move(reader)]() mutable {
    mailbox_.assert_inside();
    reader(*domain_);
  });
}

}  // namespace composable::host
