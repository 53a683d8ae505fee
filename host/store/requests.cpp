#include "store/requests.hpp"

#include <string>
#include <utility>

#include "store/access.hpp"

namespace composable::host {
namespace {

const Refusal& too_busy() {
  static const Refusal refusal = unavailable("The domain is overloaded");
  return refusal;
}

void refuse(const Wait& wait, const Refusal& refusal) {
  if (wait.waiter == nullptr) return;
  wait.waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
}

}  // namespace

bool Requests::can_take() const {
  return deps_.status.takes() && deps_.section.size() < deps_.options.mailbox;
}

Refusal Requests::why_not_take() const {
  if (!deps_.status.open()) return deps_.status.closed();
  if (deps_.status.in_doubt()) return unavailable("The event store cannot write now");
  deps_.cells.add_overloaded();
  return too_busy();
}

// Why a command cannot be decided now: the domain halted while it waited, the log does not know
// what it holds or cannot write, or the flight is full.
bool Requests::can_decide() const {
  return !deps_.status.halted() && !deps_.output.in_doubt() && deps_.recovery.log_writable() &&
         deps_.output.has_room();
}

Refusal Requests::why_not_decide() const {
  if (deps_.status.halted()) return deps_.status.refusal();
  deps_.cells.add_overloaded();
  if (deps_.output.in_doubt() || !deps_.recovery.log_writable()) {
    return unavailable("The event store cannot write now");
  }
  return too_busy();
}

bool Requests::can_read() const {
  return !deps_.status.halted() && !deps_.output.in_doubt() && deps_.output.has_room_for_read();
}

Refusal Requests::why_not_read() const {
  if (deps_.status.halted()) return deps_.status.refusal();
  if (deps_.output.in_doubt()) return unavailable("The event store cannot write now");
  return too_busy();
}

std::unique_ptr<QueuedRequests::Entry> Requests::queue(RouteReply* reply, Waiter* waiter,
                                                       std::uint32_t timeout_ms) {
  auto entry = std::make_unique<QueuedRequests::Entry>();
  entry->reply = reply;
  entry->waiter = waiter;
  const std::int64_t timeout = timeout_ms == 0 ? deps_.options.timeout_ms : timeout_ms;
  entry->deadline = deps_.clock.steady_micros() + timeout * 1000;
  queued_.add(*entry);
  return entry;
}

void Requests::call(std::uint32_t route, const composable_request& request, const Caller& caller,
                    RouteReply& reply) {
  if (!can_take()) return reply.refuse(why_not_take());
  if (deps_.section.try_enter()) {
    call_inside(route, request, caller, reply);
    return deps_.section.drain();
  }
  Caller later = caller;
  later.now_us = 0;  // it will have waited
  auto queued = queue(&reply, nullptr, deps_.status.domain()->routes()[route].timeout_ms);
  deps_.section.post([this, route, &request, later, &reply, queued = std::move(queued)]() {
    assert_serial();
    if (!queued_.take(*queued)) return;
    if (deps_.status.halted()) return reply.refuse(deps_.status.refusal());
    call_inside(route, request, later, reply);
  });
}

void Requests::call_inside(std::uint32_t number, const composable_request& request,
                           const Caller& caller, RouteReply& reply) {
  const RouteType& route = deps_.serving.domain->routes()[number];
  if (route.kind == COMPOSABLE_ROUTE_READ) {
    read_route(route, request, reply);
  } else {
    route_command(route, request, caller, reply);
  }
}

RouteCall& Requests::new_call() {
  assert_serial();
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
void Requests::read_route(const RouteType& route, const composable_request& request,
                          RouteReply& reply) {
  if (!can_read()) return reply.refuse(why_not_read());
  RouteCall& call = new_call();
  call.begin(deps_.serving.domain, route.number, reply, deps_.log);
  call.read(request);
  if (deps_.output.empty()) return call.ended({.position = deps_.serving.position});
  Cause& cause = deps_.causes.make();
  cause.waiter = &call;
  deps_.output.hold_read(cause);
  deps_.waits.add(cause, route.timeout_ms == 0 ? deps_.options.timeout_ms : route.timeout_ms);
}

void Requests::route_command(const RouteType& route, const composable_request& request,
                             const Caller& caller, RouteReply& reply) {
  struct Sink {
    Requests* requests;
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
    assert_serial();
    Sink& s = *static_cast<Sink*>(self->impl);
    const std::shared_ptr<DomainHandle>& domain = s.requests->deps_.serving.domain;
    composable_action taken = command == nullptr ? composable_action{} : *command;
    taken.type = command == nullptr ? Numbering::kGone : domain->action_number(command->type);
    if (s.sent || taken.type == Numbering::kGone) return COMPOSABLE_E_MISUSE;
    s.sent = true;
    RouteCall& call = s.requests->new_call();
    call.begin(domain, s.route->number, *s.reply, s.requests->deps_.log);
    s.requests->deps_.pipeline.start_cause(
        taken, *s.caller,
        {.waiter = &call, .route = s.route->number, .timeout_ms = s.route->timeout_ms});
    return COMPOSABLE_OK;
  };
  const DomainHandle& domain = *deps_.serving.domain;
  const ActionType& command = domain.actions()[route.command];
  if (const auto refusal = check_access(command.access, command.role, caller.actor)) {
    return reply.refuse(*refusal);
  }
  if (!can_decide()) return reply.refuse(why_not_decide());
  CallError error;
  const composable_status status = domain.to_action(route.number, request, table, error);
  if (sink.sent) return;
  if (status >= 0) error = {COMPOSABLE_E_MISUSE, "to_action made no command", ""};
  reply.refuse(refusal_of(error, "to_action"));
}

void Requests::send(const composable_action& command, const Caller& caller, const Wait& wait) {
  if (!can_take()) return refuse(wait, why_not_take());
  if (deps_.section.try_enter()) {
    send_inside(command, caller, wait);
    return deps_.section.drain();
  }
  std::string data;
  CallError error;
  if (deps_.status.domain()->encode(command, data, error) < 0) {
    return refuse(wait, refusal_of(error, "encode"));
  }
  auto queued = queue(nullptr, wait.waiter, wait.timeout_ms);
  deps_.section.post([this, queued = std::move(queued), type = command.type, data = std::move(data),
                      actor = std::string(caller.actor), correlation = caller.correlation,
                      origin = caller.origin, wait]() {
    assert_serial();
    if (!queued_.take(*queued)) return;
    send_inside({type, COMPOSABLE_FORM_JSON, data.data(), data.size()},
                {actor, correlation, origin}, wait);
  });
}

void Requests::send_inside(const composable_action& command, const Caller& caller,
                           const Wait& wait) {
  if (!can_decide()) return refuse(wait, why_not_decide());
  deps_.pipeline.start_cause(command, caller, wait);
}

void Requests::read(absl::AnyInvocable<void(const DomainHandle&)> reader) {
  if (deps_.section.try_enter()) {
    reader(*deps_.serving.domain);
    return deps_.section.drain();
  }
  deps_.section.post([this, reader = std::move(reader)]() mutable {
    assert_serial();
    reader(*deps_.serving.domain);
  });
}

}  // namespace composable::host
