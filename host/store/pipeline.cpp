#include "store/pipeline.hpp"

#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"

namespace composable::host {
namespace {

std::string_view json_of(const composable_action& action) {
  return {static_cast<const char*>(action.data), action.size};
}

const Refusal& overloaded() {
  static const Refusal refusal{503, "SERVICE_UNAVAILABLE", "The domain has too much to do", "", 1};
  return refusal;
}

}  // namespace

Store::Core::Core(DomainHandle domain, StoreEnvironment environment, StoreOptions options)
    : domain_(std::move(domain)),
      env_(environment),
      options_(options),
      ring_(std::make_shared<ActionRing>(options.broadcast_capacity)),
      stage_(*this) {}

Store::Core::~Core() = default;

// --- the serial section ---------------------------------------------------------------------------

// Runs `work` here when the domain is free, and leaves it in the mailbox when not.
template <typename Work>
void Store::Core::enter_or_queue(Work work) {
  if (mailbox_.try_enter()) {
    work();
    drain();
  } else if (mailbox_.put(std::move(work))) {
    env_.scheduler->post([core = shared_from_this()]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      core->mailbox_.take()();
      core->drain();
    });
  }
}

void Store::Core::queue_internal(Mailbox::Work work) {
  if (!mailbox_.put(std::move(work))) return;
  env_.scheduler->post([core = shared_from_this()]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    core->mailbox_.take()();
    core->drain();
  });
}

bool Store::Core::work_left() const {
  return !ready_.empty() || !feedback_.empty() || !release_later_.empty();
}

void Store::Core::work_once() {
  if (!release_later_.empty()) {
    Scope* const scope = release_later_.back();
    release_later_.pop_back();
    return release(*scope);
  }
  if (!ready_.empty()) {
    ParkedCommand* parked = ready_.front();
    ready_.pop_front();
    const std::string data = parked->data;
    const composable_action action{parked->type, COMPOSABLE_FORM_JSON, data.data(), data.size()};
    dispatch(action, *parked->scope, parked->produced, parked->attempts, parked);
    return;
  }
  const Feedback next = std::move(feedback_.front());
  feedback_.pop_front();
  if (halted_.load(std::memory_order_relaxed)) return release(*next.scope);
  const composable_action action{next.type, COMPOSABLE_FORM_JSON, next.data.data(),
                                 next.data.size()};
  dispatch(action, *next.scope, true, next.attempts, nullptr);
}

// Inside, after one item. Does what that item left behind and what waits, within the budget.
void Store::Core::drain() {
  std::size_t items = 0;
  std::int64_t until = 0;
  const auto spent = [&]() {
    if (++items < 8) return false;
    if (items >= options_.drain_items) return true;
    const std::int64_t now = env_.clock->steady_micros();
    if (until == 0) until = now + options_.drain_micros;
    return now >= until;
  };
  for (;;) {
    while (work_left()) {
      work_once();
      if (work_left() && spent()) return hand_over();
    }
    publish();
    arm_timer();
    rebuild_when_idle();
    note_idle();
    if (mailbox_.size() > 1 && spent()) return hand_over();
    if (!mailbox_.next()) return;
    mailbox_.take()();
  }
}

void Store::Core::hand_over() {
  publish();
  env_.scheduler->post([core = shared_from_this()]() { 
    core->mailbox_.assert_inside();
    core->drain();
  });
}

// --- entry ------------------------------------------------------------------------------------------

Refusal Store::Core::halted() const {
  return {503, "SERVICE_UNAVAILABLE",
          "The domain " + domain_.name() + " is halted until it is reloaded", "", 5};
}

// What was taken before a shutdown is finished; what comes after is refused.
bool Store::Core::refuses(Refusal& refusal) const {
  if (shutting_down_.load(std::memory_order_acquire)) {
    refusal = {503, "SERVICE_UNAVAILABLE", "The host is shutting down", "", 1};
  } else if (halted_.load(std::memory_order_acquire)) {
    refusal = halted();
  } else if (!serving_.load(std::memory_order_acquire)) {
    refusal = {503, "SERVICE_UNAVAILABLE", "The domain " + domain_.name() + " is starting", "", 1};
  } else {
    return false;
  }
  return true;
}

void Store::Core::call(std::uint32_t route_number, const composable_request& request,
                       const Caller& caller, RouteReply& reply) {
  Refusal refusal;
  if (refuses(refusal)) return reply.refuse(refusal);
  if (mailbox_.size() >= options_.mailbox) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return reply.refuse(overloaded());
  }
  const RouteType& route = domain_.routes()[route_number];
  const auto work = [this, &route, &request, caller, &reply]() {
    mailbox_.assert_inside();
    if (halted_.load(std::memory_order_relaxed)) return reply.refuse(halted());
    if (route.kind == COMPOSABLE_ROUTE_READ) {
      RouteCall::read(domain_, route, request, reply);
    } else {
      route_command(route, request, caller, reply);
    }
  };
  enter_or_queue(work);
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
    if (s.sent || command == nullptr || command->type >= s.core->domain_.actions().size()) {
      return COMPOSABLE_E_MISUSE;
    }
    s.sent = true;
    s.core->mailbox_.assert_inside();
    RouteCall* call = s.core->free_calls_;
    if (call == nullptr) {
      call = s.core->call_memory_.emplace_back(std::make_unique<RouteCall>()).get();
      call->free_list = &s.core->free_calls_;
    } else {
      s.core->free_calls_ = call->next_free;
    }
    call->begin(s.core->domain_, *s.route, *s.reply);
    s.core->begin(*command, *s.caller, call, &s.route->outcomes, nullptr, s.route->timeout_ms);
    return COMPOSABLE_OK;
  };
  const ActionType& command = domain_.actions()[route.command];
  if (command.access != COMPOSABLE_ACCESS_ANYONE && caller.actor.empty()) {
    return reply.refuse({401, "UNAUTHORIZED", "Authentication is required", "", 0});
  }
  if (command.access == COMPOSABLE_ACCESS_ROLE) {
    return reply.refuse({403, "FORBIDDEN", "The role " + command.role + " is required", "", 0});
  }
  composable_error record;
  record.struct_size = sizeof record;
  record.message_len = record.path_len = 0;
  record.offset = 0xffffffffu;
  const composable_status status =
      domain_.routes_table()->to_action(route.number, &request, &table, &record);
  if (sink.sent) return;
  CallError error{status, {}, {}};
  if (status >= 0) {
    error = {COMPOSABLE_E_MISUSE, "to_action made no command", ""};
  } else {
    error.message.assign(record.message,
                         std::min<std::size_t>(record.message_len, sizeof record.message));
    error.path.assign(record.path, std::min<std::size_t>(record.path_len, sizeof record.path));
  }
  reply.refuse(refusal_of(error, domain_.name(), "to_action"));
}

void Store::Core::send(const composable_action& action, const Caller& caller, Waiter* waiter,
                       const Store::Match* match, std::uint32_t timeout_ms) {
  const auto refuse = [waiter](const Refusal& refusal) {
    if (waiter != nullptr) {
      waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
    }
  };
  Refusal refusal;
  if (refuses(refusal)) return refuse(refusal);
  if (mailbox_.size() >= options_.mailbox) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return refuse(overloaded());
  }
  if (mailbox_.try_enter()) {
    begin(action, caller, waiter, nullptr, match, timeout_ms);
    return drain();
  }
  std::string data;
  CallError error;
  if (domain_.encode(action, data, error) < 0) {
    return refuse(refusal_of(error, domain_.name(), "encode"));
  }
  queue_internal([this, type = action.type, data = std::move(data), actor = std::string(caller.actor),
                  correlation = caller.correlation, origin = caller.origin, waiter, match,
                  timeout_ms]() {
    mailbox_.assert_inside();
    if (halted_.load(std::memory_order_relaxed)) {  // since it was taken
      const Refusal late = halted();
      if (waiter != nullptr) waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &late});
      return;
    }
    begin({type, COMPOSABLE_FORM_JSON, data.data(), data.size()}, {actor, correlation, origin},
          waiter, nullptr, match, timeout_ms);
  });
}

void Store::Core::read(absl::AnyInvocable<void(const DomainHandle&)> reader) {
  enter_or_queue([this, reader = std::move(reader)]() mutable { reader(domain_); });
}

// --- decide -----------------------------------------------------------------------------------------

void Store::Core::begin(const composable_action& action, const Caller& caller, Waiter* waiter,
                        const std::vector<std::uint32_t>* outcomes, const Store::Match* match,
                        std::uint32_t timeout_ms) {
  Cause& cause = new_cause();
  cause.meta.correlation = caller.correlation;
  cause.meta.actor = caller.actor;
  cause.origin = caller.origin;
  cause.waiter = waiter;
  cause.outcomes = outcomes;
  cause.match = match;
  cause.timeout_ms = timeout_ms == 0 ? options_.timeout_ms : timeout_ms;
  cause.root.outstanding = 1;
  const std::uint64_t id = cause.id;
  dispatch(action, cause.root, false, 0, nullptr);
  // What could not be answered at once gets a deadline.
  if (cause.id == id && cause.waiter != nullptr) {
    deadlines_.add(cause, cause.timeout_ms, env_.clock->steady_micros());
  }
}

// Decides one command or internal action, which holds one count of `scope`.
void Store::Core::dispatch(const composable_action& action, Scope& scope, bool produced,
                           std::uint32_t attempts, ParkedCommand* ticket) {
  count(dispatched_);
  Cause& cause = *scope.cause;
  composable_context context{};
  context.struct_size = sizeof context;
  context.recorded_at_us = env_.clock->unix_micros();
  context.position = position_;
  context.random[0] = env_.rng->next();
  context.random[1] = env_.rng->next();
  context.actor = abi_str(cause.meta.actor);
  char correlation[36];
  if (!cause.meta.correlation.is_nil()) {
    cause.meta.correlation.write(correlation);
    context.correlation_id = {correlation, sizeof correlation};
  }

  Current current{.scope = &scope, .context = &context, .action = &action, .produced = produced};
  Current* const outer = std::exchange(current_, &current);
  stage_.reset(domain_);
  CallError error;
  composable_status status = domain_.decide(action, context, stage_.sink(), error);
  if (status >= 0 && !stage_.complete()) {
    status = stage_.status();
    error = {status, stage_.fault(), ""};
  }
  std::vector<std::string> left;
  if (status < 0 || current.failed) {
    if (ticket != nullptr) left = parking_.leave(ticket).streams;
    if (!current.failed) decide_failed(scope, error);
  } else if (stage_.appends().empty()) {
    if (ticket != nullptr) left = parking_.leave(ticket).streams;
    if (!stage_.committed()) finish_facts();
    tell_produced();
    if (!current.failed) start(stage_.after(), scope);
  } else {
    const bool free = parking_.free(stage_.appends(), ticket);
    if (ticket != nullptr) left = parking_.leave(ticket).streams;
    if (free) {
      tell_produced();
      submit(action, scope, attempts, context);
    } else {
      park(action, scope, attempts);
    }
  }
  current_ = outer;
  for (const std::string& stream : left) parking_.wake(stream, ready_);
  release(scope);
}

void Store::Core::decide_failed(Scope& scope, const CallError& error) {
  refuse_wait(*scope.cause, refusal_of(error, domain_.name(), "decide"));
}

// --- persist ----------------------------------------------------------------------------------------

void Store::Core::submit(const composable_action& command, Scope& scope, std::uint32_t attempts,
                         const composable_context& context) {
  Cause& cause = *scope.cause;
  auto request = std::make_unique<Append>();
  request->domain = domain_.name();
  request->recorded_at_us = context.recorded_at_us;
  if (cause.meta.cause.is_nil()) cause.meta.cause = Uuid::v7(context.recorded_at_us, *env_.rng);
  request->meta = cause.meta;
  request->scope = &scope;
  request->command_type = command.type;
  request->attempts = attempts;
  CallError error;
  if (domain_.encode(command, request->command, error) < 0) return decide_failed(scope, error);

  request->streams = std::move(stage_.appends());
  for (StreamAppend& stream : request->streams) {
    stream.seen_position = position_;
    std::vector<std::uint32_t>& types = request->types.emplace_back();
    for (NewEvent& event : stream.events) {
      event.id = Uuid::v7(context.recorded_at_us, *env_.rng);
      types.push_back(domain_.find_action(event.type)->number);
    }
  }
  for (std::size_t n = 0; n < stage_.facts(); ++n) request->facts.push_back(stage_.fact(n));
  request->after = std::move(stage_.after());
  if (!cause.fired_timer.empty()) {
    request->cancelled_timers.push_back(std::exchange(cause.fired_timer, {}));
  }
  for (StagedEffect& effect : request->after) {
    if (effect.kind == StagedEffect::Kind::kCancel && delays_.stored(effect.key)) {
      request->cancelled_timers.push_back(effect.key);
    }
    if (effect.kind != StagedEffect::Kind::kDelay) continue;
    effect.due_us = context.recorded_at_us + static_cast<std::int64_t>(effect.amount);
    // A row needs a name; one that the domain cannot know is as good as none.
    if (effect.key.empty()) effect.key = "~" + Uuid::v7(context.recorded_at_us, *env_.rng).text();
    effect.stored = true;
    std::erase(request->cancelled_timers, effect.key);
    request->timers.push_back({effect.key, effect.due_us, domain_.actions()[effect.number].name,
                               effect.data, cause.meta});
  }
  parking_.take(request->streams);
  ++scope.outstanding;
  env_.events->append(std::move(request), *this);
}

void Store::Core::park(const composable_action& command, Scope& scope, std::uint32_t attempts) {
  if (parking_.parked() >= options_.parked) {
    overloaded_.fetch_add(1, std::memory_order_relaxed);
    return refuse_wait(*scope.cause, overloaded());
  }
  ParkedCommand parked{.type = command.type,
                       .scope = &scope,
                       .produced = current_->produced,
                       .attempts = attempts};
  CallError error;
  if (domain_.encode(command, parked.data, error) < 0) return decide_failed(scope, error);
  for (const StreamAppend& s : stage_.appends()) parked.streams.push_back(s.stream);
  ++scope.outstanding;
  parking_.park(std::move(parked));
  n_parked_.store(parking_.parked(), std::memory_order_relaxed);
}

// [writer, or serial with a store that answers at once]
void Store::Core::appended(absl::Span<std::unique_ptr<AppendRequest>> answered) {
  std::vector<std::unique_ptr<AppendRequest>> taken;
  taken.reserve(answered.size());
  for (auto& request : answered) taken.push_back(std::move(request));
  queue_internal([this, taken = std::move(taken)]() mutable {
    mailbox_.assert_inside();
    take_answers(taken);
  });
}

// Evolves everything a commit wrote, hands it to the loops once, and only then wakes who waits: an
// ack never overtakes its own events.
void Store::Core::take_answers(std::vector<std::unique_ptr<AppendRequest>>& answered) {
  for (auto& base : answered) {
    Append& request = static_cast<Append&>(*base);
    if (request.scope == nullptr || halted_.load(std::memory_order_relaxed)) continue;
    if (request.result.code == AppendCode::kOk && evolve_stored(request)) tell_stored(request);
  }
  publish();
  for (auto& base : answered) {
    Append& request = static_cast<Append&>(*base);
    if (request.scope == nullptr) {
      if (request.result.code != AppendCode::kOk) {
        log_error(domain_.name(), "timer_write_failed", {{"reason", request.result.message}});
      }
      continue;
    }
    Scope& scope = *request.scope;
    if (!halted_.load(std::memory_order_relaxed)) {
      if (request.result.code == AppendCode::kOk) {
        std::uint64_t position = request.result.first_position;
        for (std::size_t s = 0; s < request.streams.size(); ++s) {
          for (std::size_t e = 0; e < request.streams[s].events.size(); ++e) {
            const NewEvent& event = request.streams[s].events[e];
            match({{request.types[s][e], COMPOSABLE_FORM_JSON, event.data.data(),
                    event.data.size()},
                   request.streams[s].stream, position++},
                  *scope.cause);
          }
        }
        for (const StagedFact& fact : request.facts) match({fact.view(), {}, 0}, *scope.cause);
        start(request.after, scope);
      } else {
        answer_failed(request);
      }
    }
    parking_.release(request.streams, ready_);
    release(scope);
  }
  n_parked_.store(parking_.parked(), std::memory_order_relaxed);
}

void Store::Core::answer_failed(Append& request) {
  Cause& cause = *request.scope->cause;
  const AppendResult& result = request.result;
  switch (result.code) {
    case AppendCode::kConflict:
      if (request.attempts < options_.conflict_retries && catch_up()) {
        ++request.scope->outstanding;
        feedback_.push_back({request.command_type, std::move(request.command), request.scope,
                             request.attempts + 1});
        return;
      }
      return refuse_wait(
          cause, {409, "CONFLICT",
                  absl::StrFormat("The stream %s has changed; it is at version %u",
                                  request.streams[result.stream_index].stream,
                                  result.actual_version),
                  "", 0});
    case AppendCode::kOverloaded:
      overloaded_.fetch_add(1, std::memory_order_relaxed);
      return refuse_wait(cause, {503, "SERVICE_UNAVAILABLE", "The event store is busy", "", 1});
    case AppendCode::kUnavailable:
    case AppendCode::kShuttingDown:
      log_error(domain_.name(), "append_failed", {{"reason", result.message}});
      return refuse_wait(cause,
                         {503, "SERVICE_UNAVAILABLE", "The event store cannot write now", "", 1});
    case AppendCode::kUnknown:
      log_error(domain_.name(), "append_unknown", {{"reason", result.message}});
      return refuse_wait(cause, {504, "TIMEOUT", "The outcome is not known yet", "", 0});
    default:  // foreign, invalid, duplicate: what the domain asked for cannot be
      log_error(domain_.name(), "append_refused", {{"reason", result.message}});
      return refuse_wait(cause,
                         {500, "INTERNAL_SERVER_ERROR", "An internal error occurred", "", 0});
  }
}

// --- evolve, broadcast, reply -----------------------------------------------------------------------

// [serial, inside the plugin's decide]
void Store::Core::commit() {
  mailbox_.assert_inside();
  if (stage_.appends().empty()) {
    finish_facts();
  } else {
    stage_.encode_facts();
  }
}

// Tells observers of the command or internal action that an effect produced, once it was decided
// and before what it led to.
void Store::Core::tell_produced() {
  if (!std::exchange(current_->produced, false)) return;
  const Fact fact{*current_->action, {}, 0};
  tell(fact, *current_->scope->cause);
  match(fact, *current_->scope->cause);
}

// Evolves what was applied, in order, then tells of everything.
void Store::Core::finish_facts() {
  const std::size_t n = stage_.facts();
  if (n == 0) return;
  tell_produced();
  Cause& cause = *current_->scope->cause;
  for (std::size_t i = 0; i < n; ++i) {
    const StagedFact& fact = stage_.fact(i);
    if (!fact.evolves) continue;
    composable_context context = *current_->context;
    context.position = 0;
    context.random[0] = context.random[1] = 0;
    CallError error;
    if (domain_.evolve(fact.view(), context, error) < 0) {
      current_->failed = true;
      return halt(0, error);
    }
  }
  for (std::size_t i = 0; i < n; ++i) tell({stage_.fact(i).view(), {}, 0}, cause);
  publish();
  for (std::size_t i = 0; i < n; ++i) match({stage_.fact(i).view(), {}, 0}, cause);
}

bool Store::Core::evolve_stored(Append& request) {
  composable_context context{};
  context.struct_size = sizeof context;
  context.recorded_at_us = request.recorded_at_us;
  context.actor = abi_str(request.meta.actor);
  char correlation[36];
  if (!request.meta.correlation.is_nil()) {
    request.meta.correlation.write(correlation);
    context.correlation_id = {correlation, sizeof correlation};
  }
  std::uint64_t position = request.result.first_position;
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    context.stream = abi_str(request.streams[s].stream);
    context.version = request.result.first_versions[s];
    for (std::size_t e = 0; e < request.streams[s].events.size(); ++e) {
      const NewEvent& event = request.streams[s].events[e];
      context.position = position;
      CallError error;
      if (domain_.evolve({request.types[s][e], COMPOSABLE_FORM_JSON, event.data.data(),
                          event.data.size()},
                         context, error) < 0) {
        halt(position, error);
        return false;
      }
      position_ = position++;
      ++context.version;
    }
  }
  shown_position_.store(position_, std::memory_order_relaxed);
  request.scope->cause->position = position_;
  return true;
}

void Store::Core::tell_stored(Append& request) {
  std::uint64_t position = request.result.first_position;
  for (std::size_t s = 0; s < request.streams.size(); ++s) {
    for (std::size_t e = 0; e < request.streams[s].events.size(); ++e) {
      const NewEvent& event = request.streams[s].events[e];
      tell({{request.types[s][e], COMPOSABLE_FORM_JSON, event.data.data(), event.data.size()},
            request.streams[s].stream, position++},
           *request.scope->cause);
    }
  }
  for (const StagedFact& fact : request.facts) {
    tell({fact.view(), {}, 0}, *request.scope->cause);
  }
}

// To in-process observers, whatever the class, and to the loops what sockets may see.
void Store::Core::tell(const Fact& fact, Cause& cause) {
  const ActionType& type = domain_.actions()[fact.action.type];
  const bool observed = ring_->observed();
  const bool visible = type.action_class == COMPOSABLE_CLASS_EVENT &&
                       type.visibility != COMPOSABLE_VISIBILITY_PRIVATE &&
                       env_.bus != nullptr && env_.bus->listening();
  if (!observed && !visible) return;
  std::string_view data;
  if (fact.action.form == COMPOSABLE_FORM_JSON) {
    data = json_of(fact.action);
  } else {
    scratch_.clear();
    CallError error;
    if (domain_.encode(fact.action, scratch_, error) < 0) {
      log_error(domain_.name(), "encode_failed", {{"action", type.name}, {"reason", error.message}});
      return;
    }
    data = scratch_;
  }
  if (observed) {
    ring_->publish(type.action_class, type.name, data, fact.position, cause.id,
                   cause.meta.correlation);
  }
  if (visible) {
    if (batch_ == nullptr) batch_ = std::make_shared<BroadcastBatch>();
    batch_->add({.domain = options_.number,
                 .type = type.number,
                 .action_class = type.action_class,
                 .visibility = type.visibility,
                 .position = fact.position,
                 .origin = cause.origin,
                 .correlation = cause.meta.correlation,
                 .domain_name = domain_.name(),
                 .type_name = type.name,
                 .stream = fact.stream,
                 .owner = cause.meta.actor,
                 .data = data});
  }
}

void Store::Core::publish() {
  if (batch_ != nullptr) env_.bus->publish(std::exchange(batch_, nullptr));
}

// Ends the wait of the cause when the fact is what it waits for.
void Store::Core::match(const Fact& fact, Cause& cause) {
  if (cause.waiter == nullptr) return;
  const ActionType& type = domain_.actions()[fact.action.type];
  if (cause.match != nullptr) {
    std::string data;
    CallError error;
    if (domain_.encode(fact.action, data, error) < 0 || !(*cause.match)(type.name, data)) return;
    const composable_action json{type.number, COMPOSABLE_FORM_JSON, data.data(), data.size()};
    return end_wait(cause, {.kind = Outcome::Kind::kMatched, .action = &json,
                            .position = fact.position});
  }
  if (cause.outcomes != nullptr) {
    for (const std::uint32_t outcome : *cause.outcomes) {
      if (outcome == fact.action.type) {
        return end_wait(cause, {.kind = Outcome::Kind::kMatched, .action = &fact.action,
                                .position = cause.position});
      }
    }
  }
  if (type.action_class == COMPOSABLE_CLASS_REJECTION) {
    Refusal refusal{static_cast<std::uint16_t>(type.status), type.code, {}, {}, 0};
    domain_.explain(fact.action, refusal.message, refusal.path);
    end_wait(cause, {.kind = Outcome::Kind::kRefused, .action = &fact.action,
                     .position = cause.position, .refusal = &refusal});
  }
}

void Store::Core::end_wait(Cause& cause, const Outcome& outcome) {
  if (cause.waiter == nullptr) return;
  deadlines_.remove(cause);
  std::exchange(cause.waiter, nullptr)->ended(outcome);
}

void Store::Core::refuse_wait(Cause& cause, const Refusal& refusal) {
  end_wait(cause, {.kind = Outcome::Kind::kRefused, .position = cause.position,
                   .refusal = &refusal});
}

}  // namespace composable::host
